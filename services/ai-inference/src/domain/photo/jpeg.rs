//! What the decoder does not tell about a JPEG: whether it is whole, for what is missing it paints grey.

/// What a progressive JPEG takes while it is decoded: 16-bit coefficients and the bytes of three components.
pub const PROGRESSIVE_BYTES_PER_PIXEL: u64 = 9;

/// What the markers of a JPEG say.
pub struct Survey {
    /// Whether the picture comes in several scans, which are held in memory until the last.
    pub progressive: bool,
}

const PROGRESSIVE: [u8; 2] = [0xC2, 0xCA];
const FRAMES: [u8; 4] = [0xC0, 0xC1, 0xC2, 0xCA];
const RESTARTS: std::ops::RangeInclusive<u8> = 0xD0..=0xD7;
const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;

/// Walks from marker to marker to the end of the picture; `None` when the stream stops before that, or when a color is finer than
/// the brightness, which no camera makes and the decoder trips over.
pub fn survey(jpeg: &[u8]) -> Option<Survey> {
    let mut survey = Survey { progressive: false };
    let mut scanned = false;
    let mut rest = jpeg.get(2..)?;
    loop {
        let (marker, after) = next_marker(rest)?;
        if FRAMES.contains(&marker) && !is_brightness_finest(after) {
            return None;
        }
        rest = match marker {
            END_OF_IMAGE => return scanned.then_some(survey),
            0x01 => after,
            _ => after.get(usize::from(u16::from_be_bytes([*after.first()?, *after.get(1)?]))..)?,
        };
        scanned |= marker == START_OF_SCAN;
        survey.progressive |= PROGRESSIVE.contains(&marker);
    }
}

/// Knows a frame whose first component has as many samples as any, across and down. Ahead of the components, three bytes each, are
/// length, depth, height, width and how many there are.
fn is_brightness_finest(frame: &[u8]) -> bool {
    let count = frame.get(7).copied().map_or(0, usize::from);
    let mut samples = frame
        .get(8..)
        .unwrap_or_default()
        .chunks_exact(3)
        .take(count)
        .map(|part| (part[1] >> 4, part[1] & 0xF));
    let Some((across, down)) = samples.next() else { return false };
    samples.all(|(more_across, more_down)| more_across <= across && more_down <= down)
}

/// The next marker and what follows it, past fill bytes, and past compressed data, in which `FF 00` is a plain `FF`.
fn next_marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let at = bytes.windows(2).position(|pair| match pair {
        [0xFF, second] => !matches!(second, 0x00 | 0xFF) && !RESTARTS.contains(second),
        _ => false,
    })?;
    Some((bytes[at + 1], &bytes[at + 2..]))
}
