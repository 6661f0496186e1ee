//! A meal photo for the demo: a plate, drawn and encoded as a real JPEG.

use chassis::Error;
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// The side of the picture, in pixels.
const SIDE: u32 = 640;

/// A plate of rice, dal and greens on a wooden table.
pub fn plate() -> Result<Vec<u8>, Error> {
    let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb(colour(x, y)));
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 85);
    picture.write_with_encoder(encoder).map_err(Error::internal)?;
    Ok(bytes)
}

fn colour(x: u32, y: u32) -> [u8; 3] {
    let grain = ((x * 7 + y * 13) % 17) as u8;
    let within = |cx: i64, cy: i64, radius: i64| {
        (i64::from(x) - cx).pow(2) + (i64::from(y) - cy).pow(2) < radius.pow(2)
    };
    match () {
        () if within(250, 260, 110) => [235 - grain, 230 - grain, 215 - grain],
        () if within(410, 290, 100) => [215 - grain, 165 - grain, 50 + grain],
        () if within(320, 430, 80) => [60 + grain, 130 + grain, 50 + grain],
        () if within(320, 320, 280) => [245, 245, 240],
        () => [120 + grain, 80 + grain, 50 + grain],
    }
}
