//! From a JPEG to the numbers a model takes.

use image::imageops::FilterType;
use image::{ImageFormat, ImageResult};

/// How wide and high a model wants its picture.
#[derive(Clone, Copy)]
#[cfg_attr(test, derive(Debug))]
pub struct Size {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// The mean of each channel over the pictures of ImageNet, by which nearly every model was trained, and how far they stray.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// The middle of the picture: all of red, then green, then blue, row by row, around 0.
pub fn channels(jpeg: &[u8], size: Size) -> ImageResult<Vec<f32>> {
    let picture = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg)?;
    let picture = picture.resize_to_fill(size.width, size.height, FilterType::Triangle).into_rgb8();
    let channel = |nth: usize| {
        let normal = move |level: u8| (f32::from(level) / 255.0 - MEAN[nth]) / DEVIATION[nth];
        picture.pixels().map(move |pixel| normal(pixel.0[nth]))
    };
    Ok((0..3).flat_map(channel).collect())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{Rgb, RgbImage};

    use super::*;

    #[test]
    fn the_middle_of_the_picture_comes_channel_by_channel_around_zero() {
        // blue at both ends, which a square does not reach
        let picture = RgbImage::from_fn(120, 60, |x, _| match x {
            30..90 => Rgb([255, 0, 0]),
            _ => Rgb([0, 0, 255]),
        });
        let mut jpeg = Cursor::new(Vec::new());
        picture.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let numbers = channels(jpeg.get_ref(), Size { width: 4, height: 4 }).unwrap();
        assert_eq!(numbers.len(), 3 * 16);
        let middle = [5, 16 + 5, 32 + 5].map(|at| numbers[at]);
        for (is, should) in middle.into_iter().zip([2.249, -2.036, -1.804]) {
            assert!((is - should).abs() < 0.05, "{middle:?}");
        }
        assert!(channels(b"no picture", Size { width: 4, height: 4 }).is_err());
    }
}
