//! Real pictures for the stories.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};

/// A small JPEG that is different for every `seed`.
pub fn jpeg(seed: u32) -> Vec<u8> {
    jpeg_of(96, 96, seed)
}

/// A JPEG of one colour.
pub fn jpeg_in(colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = RgbImage::from_pixel(96, 96, Rgb(colour));
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 80)).expect("a JPEG");
    bytes
}

/// How wide and high a JPEG is. What is none ends the test.
#[track_caller]
pub fn size_of_jpeg(bytes: &[u8]) -> (u32, u32) {
    let picture = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).expect("a JPEG");
    (picture.width(), picture.height())
}

/// The same, of any size.
pub fn jpeg_of(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let colour = |x: u32, y: u32| Rgb([(x + seed) as u8, (y * 3 + seed) as u8, (x ^ y) as u8]);
    let mut bytes = Vec::new();
    let picture = RgbImage::from_fn(width, height, colour);
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 80)).expect("a JPEG");
    bytes
}
