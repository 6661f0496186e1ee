use std::io::Cursor;

use ai_inference::photo::{Photo, Refusal, check};
use image::{ImageFormat, ImageReader};

/// More is only slower, in a target that is to see many.
const MOST_PIXELS: u64 = 1 << 16;

/// The bytes are an upload. What passes is a JPEG that carries nothing but the picture, and passes again.
pub fn photo(data: &[u8]) {
    let reader = ImageReader::new(Cursor::new(data)).with_guessed_format().unwrap();
    let size = reader.into_dimensions().ok();
    if size.is_some_and(|(width, height)| u64::from(width) * u64::from(height) > MOST_PIXELS) {
        return;
    }
    match check(data) {
        Ok(photo) => {
            let (width, height) = size.unwrap();
            // it may have been turned upright
            assert!([(width, height), (height, width)].contains(&(photo.width, photo.height)));
            is_plain(&photo);
            let again = check(&photo.jpeg).unwrap_or_else(|refusal| panic!("{refusal:?}"));
            assert_eq!((again.width, again.height), (photo.width, photo.height));
        }
        Err(refusal) => assert_ne!(refusal, Refusal::TooManyBytes),
    }
}

fn is_plain(photo: &Photo) {
    for jpeg in [&photo.jpeg, &photo.view, &photo.thumbnail] {
        let picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap();
        assert!(picture.width() <= photo.width && picture.height() <= photo.height);
        for marker in markers(jpeg) {
            // start and end, tables, frame and scan, and JFIF, which says how large a dot is
            assert!(matches!(marker, 0xC0 | 0xC4 | 0xDA | 0xDB | 0xE0), "{marker:x}");
        }
    }
}

/// The markers between the start of a JPEG and its one scan.
fn markers(jpeg: &[u8]) -> Vec<u8> {
    let (mut markers, mut rest) = (Vec::new(), &jpeg[2..]);
    while let [0xFF, marker, high, low, ..] = rest {
        markers.push(*marker);
        if *marker == 0xDA {
            return markers;
        }
        rest = &rest[2 + usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    panic!("a JPEG without a scan")
}
