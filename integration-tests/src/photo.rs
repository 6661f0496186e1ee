//! Real pictures for the stories.

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

/// A JPEG that is different for every `seed`.
pub fn jpeg(seed: u32) -> Vec<u8> {
    let colour = |x: u32, y: u32| Rgb([(x + seed) as u8, (y * 3 + seed) as u8, (x ^ y) as u8]);
    let mut bytes = Vec::new();
    let picture = RgbImage::from_fn(96, 96, colour);
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 80)).expect("a JPEG");
    bytes
}
