//! From an upload, which can be anything, to a photo: a JPEG of our own making that carries nothing but the picture.
//!
//! An upload is judged in the order of what that costs: its size, its first bytes, the size its header claims, whether it
//! is whole, and only then is it decoded, within a bound of memory. What is kept is encoded anew, upright, so that places,
//! times, thumbnails and whatever else was attached or appended is gone.

use std::borrow::Cow;
use std::io::Cursor;

use aws_lc_rs::digest;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, ImageResult, Limits};

mod jpeg;

/// The largest upload, in bytes.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;
const MOST_PIXELS: u64 = 50_000_000;
/// No JPEG can be wider or higher.
const LONGEST_SIDE: u32 = 65_535;
/// What decoding may take, besides the picture being turned upright and encoded.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;
/// What a model needs to see: more is paid for by the tile, and tells it no more.
const VIEW_SIDE: u32 = 1_024;
/// What a gallery shows: sharp at twice the dots of a column of a phone.
const THUMBNAIL_SIDE: u32 = 320;
/// Finer than the eye sees on a plate, and half the size of 95.
const QUALITY: u8 = 88;
/// Good enough in a gallery, which loads many at once.
const THUMBNAIL_QUALITY: u8 = 80;

/// A photo that was checked and stripped.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub struct Photo {
    /// The picture, as a JPEG without metadata.
    pub jpeg: Bytes,
    /// The same, no more than 1024 pixels wide and high, for a model to look at.
    pub view: Bytes,
    /// The same, no more than 320 pixels wide and high, for a gallery.
    pub thumbnail: Bytes,
    /// How wide it is.
    pub width: u32,
    /// How high it is.
    pub height: u32,
    /// SHA-256 of the bytes as they were uploaded.
    pub digest: [u8; 32],
}

/// Why an upload is no photo. It never becomes one by trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is more than may be uploaded.
    TooManyBytes,
    /// It begins like none of the kinds that are taken.
    NotAnImage,
    /// It claims more pixels than are taken, or decoding would take too much memory.
    TooManyPixels,
    /// It does not decode, or ends too early.
    Damaged,
}

impl Refusal {
    /// A sentence the user can read.
    pub fn reason(self) -> &'static str {
        match self {
            Self::TooManyBytes => "The photo is larger than 10 MiB.",
            Self::NotAnImage => "The file is not a JPEG, PNG or WebP image.",
            Self::TooManyPixels => "The photo has too many pixels; up to 50 megapixels can be read.",
            Self::Damaged => "The photo is damaged or incomplete.",
        }
    }
}

/// Checks an upload and makes the photo of it. Takes a while and much memory: not for an async thread, nor many at once.
pub fn check(upload: &[u8]) -> Result<Photo, Refusal> {
    if upload.len() > MOST_BYTES {
        return Err(Refusal::TooManyBytes);
    }
    let format = sniff(upload).ok_or(Refusal::NotAnImage)?;
    let (picture, orientation) = decode(upload, format)?;
    let mut picture = DynamicImage::ImageRgb8(picture.into_rgb8());
    picture.apply_orientation(orientation);
    let jpeg = encode(&picture, QUALITY)?;
    let small = within(&picture, VIEW_SIDE);
    let view = match small {
        Cow::Borrowed(_) => jpeg.clone(),
        Cow::Owned(_) => encode(&small, QUALITY)?,
    };
    let thumbnail = encode(&within(&small, THUMBNAIL_SIDE), THUMBNAIL_QUALITY)?;
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(digest::digest(&digest::SHA256, upload).as_ref());
    Ok(Photo { jpeg, view, thumbnail, width: picture.width(), height: picture.height(), digest: sha256 })
}

/// The picture with no side longer than `side`; what is smaller stays as it is.
fn within(picture: &DynamicImage, side: u32) -> Cow<'_, DynamicImage> {
    if picture.width().max(picture.height()) <= side {
        return Cow::Borrowed(picture);
    }
    Cow::Owned(picture.thumbnail(side, side))
}

fn encode(picture: &DynamicImage, quality: u8) -> Result<Bytes, Refusal> {
    let mut jpeg = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality)).map_err(refusal)?;
    Ok(jpeg.into())
}

/// The kind an upload begins like. Only that kind's decoder sees it, so that it is what it says, or nothing.
fn sniff(upload: &[u8]) -> Option<ImageFormat> {
    match upload {
        [0xFF, 0xD8, 0xFF, ..] => Some(ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(ImageFormat::Png),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(ImageFormat::WebP),
        _ => None,
    }
}

fn decode(upload: &[u8], format: ImageFormat) -> Result<(DynamicImage, Orientation), Refusal> {
    let mut decoder = open(upload, format).map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_PIXELS || width.max(height) > LONGEST_SIDE {
        return Err(Refusal::TooManyPixels);
    }
    if format == ImageFormat::Jpeg {
        let survey = jpeg::survey(upload).ok_or(Refusal::Damaged)?;
        // the decoder does not count the coefficients it holds until the last scan
        if survey.progressive && pixels * jpeg::PROGRESSIVE_BYTES_PER_PIXEL > MOST_MEMORY {
            return Err(Refusal::TooManyPixels);
        }
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    Ok((picture, orientation))
}

fn open(upload: &[u8], format: ImageFormat) -> ImageResult<impl ImageDecoder> {
    let mut reader = ImageReader::with_format(Cursor::new(upload), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    reader.into_decoder()
}

fn refusal(error: ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::TooManyPixels,
        _ => Refusal::Damaged,
    }
}

#[cfg(test)]
mod tests;
