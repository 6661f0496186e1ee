use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::{ImageEncoder, RgbImage, RgbaImage};

use super::*;

/// A picture whose corners have colours of their own: red, green, blue, white from the top left on.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => image::Rgb([250, 10, 10]),
        (false, true) => image::Rgb([10, 250, 10]),
        (true, false) => image::Rgb([10, 10, 250]),
        (false, false) => image::Rgb([250, 250, 250]),
    })
}

fn encoded(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// An EXIF block (TIFF, big endian) with an orientation and a GPS directory.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value].concat()
    };
    let directory = |entries: &[Vec<u8>]| {
        [&(entries.len() as u16).to_be_bytes()[..], &entries.concat(), &[0; 4]].concat()
    };
    let main = directory(&[entry(0x0112, 3, 1, [0, orientation, 0, 0]), entry(0x8825, 4, 1, [0, 0, 0, 38])]);
    let gps = directory(&[entry(0x0001, 2, 2, *b"N\0\0\0"), entry(0x001D, 2, 11, *b"SECR")]);
    [b"MM\0*\0\0\0\x08".as_slice(), &main, &gps, b"SECRETPLACE 52.5200N 13.4050E"].concat()
}

/// Puts a segment behind the start of a JPEG.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]].concat()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn color_at(photo: &Photo, x: u32, y: u32) -> [u8; 3] {
    let kept = image::load_from_memory_with_format(&photo.jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
    kept.get_pixel(x, y).0.map(|channel| if channel > 127 { 255 } else { 0 })
}

#[test]
fn every_kind_becomes_a_jpeg_of_the_same_picture() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let photo = check(&encoded(&picture(64, 32), format)).unwrap();
        assert_eq!((photo.width, photo.height), (64, 32), "{format:?}");
        assert_eq!(color_at(&photo, 4, 4), [255, 0, 0], "{format:?}");
        assert_eq!(color_at(&photo, 60, 28), [255, 255, 255], "{format:?}");
    }
}

#[test]
fn a_model_sees_no_more_than_it_needs() {
    for ((width, height), seen) in
        [((64, 32), (64, 32)), ((2_000, 1_000), (1_024, 512)), ((8, 1_500), (5, 1_024))]
    {
        let photo = check(&encoded(&picture(width, height), ImageFormat::Jpeg)).unwrap();
        assert_eq!((photo.width, photo.height), (width, height));
        let view = image::load_from_memory_with_format(&photo.view, ImageFormat::Jpeg).unwrap();
        assert_eq!((view.width(), view.height()), seen);
    }
}

#[test]
fn a_gallery_gets_a_thumbnail_that_is_never_larger_than_the_picture() {
    for (size, shown) in [
        ((64, 32), (64, 32)),
        ((320, 320), (320, 320)),
        ((321, 300), (320, 299)),
        ((1_600, 1_200), (320, 240)),
        ((3_000, 4_000), (240, 320)),
        ((9_000, 2), (320, 1)),
    ] {
        let photo = check(&encoded(&picture(size.0, size.1), ImageFormat::Jpeg)).unwrap();
        let thumbnail = image::load_from_memory_with_format(&photo.thumbnail, ImageFormat::Jpeg).unwrap();
        assert_eq!((thumbnail.width(), thumbnail.height()), shown, "{size:?}");
    }
}

#[test]
fn a_thumbnail_is_small_whatever_the_picture_shows() {
    let noise = RgbImage::from_fn(320, 320, |x, y| {
        let mixed = (x * 7_919 + y * 104_729).wrapping_mul(2_654_435_761);
        image::Rgb([mixed >> 8, mixed >> 16, mixed >> 24].map(|n| n as u8))
    });
    let thumbnail = check(&encoded(&noise, ImageFormat::Png)).unwrap().thumbnail;
    assert!(thumbnail.len() < 160 * 1024, "{} bytes of noise", thumbnail.len());
    let thumbnail = check(&encoded(&picture(3_000, 2_000), ImageFormat::Jpeg)).unwrap().thumbnail;
    assert!(thumbnail.len() < 8 * 1024, "{} bytes of four colours", thumbnail.len());
}

#[test]
fn the_same_upload_is_the_same_photo() {
    let upload = encoded(&picture(64, 32), ImageFormat::Png);
    let (one, other) = (check(&upload).unwrap(), check(&upload).unwrap());
    assert_eq!((one.jpeg, one.digest), (other.jpeg, other.digest));
}

#[test]
fn where_it_was_taken_and_all_that_is_attached_is_gone() {
    let jpeg = encoded(&picture(64, 32), ImageFormat::Jpeg);
    let mut upload = with_segment(&jpeg, 0xE1, &[b"Exif\0\0".as_slice(), &exif(1)].concat());
    upload = with_segment(&upload, 0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRETPLACE</x:xmpmeta>");
    upload = with_segment(&upload, 0xFE, b"SECRETPLACE by the window");
    upload.extend_from_slice(b"PK\x03\x04 SECRETPLACE in an archive <script>");
    assert!(contains(&upload, b"SECRETPLACE"));
    let photo = check(&upload).unwrap();
    assert_eq!(color_at(&photo, 4, 4), [255, 0, 0]);
    for trace in [b"SECRET".as_slice(), b"Exif", b"xmpmeta", b"PK\x03\x04", b"<script>"] {
        for copy in [&photo.jpeg, &photo.view, &photo.thumbnail] {
            assert!(!contains(copy, trace), "{trace:?}");
        }
    }
}

#[test]
fn what_a_png_carries_beside_the_picture_is_gone_too() {
    let mut upload = Vec::new();
    let mut encoder = PngEncoder::new(&mut upload);
    encoder.set_exif_metadata(exif(1)).unwrap();
    let pixels = picture(64, 32);
    encoder.write_image(&pixels, 64, 32, image::ExtendedColorType::Rgb8).unwrap();
    assert!(contains(&upload, b"SECRETPLACE"));
    assert!(!contains(&check(&upload).unwrap().jpeg, b"SECRET"));
}

#[test]
fn a_photo_is_kept_upright() {
    let jpeg = encoded(&picture(64, 32), ImageFormat::Jpeg);
    for (orientation, size, top_left) in [
        (1, (64, 32), [255, 0, 0]),
        (3, (64, 32), [255, 255, 255]),
        (6, (32, 64), [0, 0, 255]),
        (8, (32, 64), [0, 255, 0]),
    ] {
        let upload = with_segment(&jpeg, 0xE1, &[b"Exif\0\0".as_slice(), &exif(orientation)].concat());
        let photo = check(&upload).unwrap();
        assert_eq!((photo.width, photo.height), size, "{orientation}");
        assert_eq!(color_at(&photo, 4, 4), top_left, "{orientation}");
    }
}

#[test]
fn a_transparent_picture_is_taken() {
    let mut upload = Cursor::new(Vec::new());
    RgbaImage::from_pixel(16, 16, image::Rgba([200, 0, 0, 128]))
        .write_to(&mut upload, ImageFormat::Png)
        .unwrap();
    assert_eq!(check(&upload.into_inner()).unwrap().width, 16);
}

#[test]
fn what_is_no_image_is_refused() {
    let png = encoded(&picture(16, 16), ImageFormat::Png);
    for upload in [
        b"".as_slice(),
        b"hello, I am a photo.jpg",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM\0\0\0\0",
        b"%PDF-1.7",
        &[0xFF, 0xD8],
        &png[1..],
    ] {
        assert_eq!(check(upload).err(), Some(Refusal::NotAnImage), "{:?}", &upload[..upload.len().min(8)]);
    }
}

#[test]
fn what_begins_like_one_kind_and_is_another_is_refused() {
    let jpeg = encoded(&picture(16, 16), ImageFormat::Jpeg);
    let png = encoded(&picture(16, 16), ImageFormat::Png);
    for upload in [
        [&png[..8], &jpeg[..]].concat(),
        [b"\xFF\xD8\xFF".as_slice(), &png].concat(),
        [b"RIFF\x10\0\0\0WEBP".as_slice(), &jpeg].concat(),
        [b"\xFF\xD8\xFF".as_slice(), b"<?php system($_GET['c']); ?>"].concat(),
    ] {
        assert_eq!(check(&upload).err(), Some(Refusal::Damaged));
    }
}

#[test]
fn what_is_cut_short_is_refused_wherever_it_is_cut() {
    // noise, so that the compressed data is most of the file
    let noise =
        RgbImage::from_fn(48, 48, |x, y| image::Rgb([x * y, x * 31 + y, y * 17 + x * 5].map(|n| n as u8)));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&noise, format);
        assert!(check(&whole).is_ok(), "{format:?}");
        for keep in [13, whole.len() / 4, whole.len() / 2, whole.len() * 3 / 4, whole.len() - 20] {
            assert_eq!(
                check(&whole[..keep]).err(),
                Some(Refusal::Damaged),
                "{format:?} {keep} of {}",
                whole.len()
            );
        }
    }
}

/// A WebP whose picture is the only frame of an animation.
fn animated_webp() -> Vec<u8> {
    let still = encoded(&picture(64, 32), ImageFormat::WebP);
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let padding = vec![0; content.len() % 2];
        [&name[..], &(content.len() as u32).to_le_bytes(), content, &padding].concat()
    };
    let canvas = [63, 0, 0, 31, 0, 0];
    let frame = [&[0; 6][..], &canvas, &[100, 0, 0, 0], &still[12..]].concat();
    let chunks = [
        chunk(b"VP8X", &[&[0x02, 0, 0, 0][..], &canvas].concat()),
        chunk(b"ANIM", &[0; 6]),
        chunk(b"ANMF", &frame),
    ]
    .concat();
    [b"RIFF".as_slice(), &(chunks.len() as u32 + 4).to_le_bytes(), b"WEBP", &chunks].concat()
}

/// A PNG that claims to be an animation of more frames than fit in any memory.
fn animated_png() -> Vec<u8> {
    let still = encoded(&picture(64, 32), ImageFormat::Png);
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let named = [&name[..], content].concat();
        [&(content.len() as u32).to_be_bytes()[..], &named, &crc32(&named).to_be_bytes()].concat()
    };
    let number = |n: u32| n.to_be_bytes();
    let control = [number(0), number(64), number(32), number(0), number(0), number(0x0001_000A)].concat();
    let animation = chunk(b"acTL", &[number(0x7FFF_FFFF), number(0)].concat());
    let frame = chunk(b"fcTL", &[control, vec![0, 0]].concat());
    [&still[..33], &animation, &frame, &still[33..]].concat()
}

#[test]
fn of_what_moves_the_first_picture_is_taken() {
    for (kind, upload) in [("webp", animated_webp()), ("png", animated_png())] {
        let photo = check(&upload).unwrap_or_else(|refusal| panic!("{kind}: {refusal:?}"));
        assert_eq!((photo.width, photo.height), (64, 32), "{kind}");
        assert_eq!(color_at(&photo, 4, 4), [255, 0, 0], "{kind}");
        let cut = check(&upload[..upload.len() / 2]);
        assert_eq!(cut.err(), Some(Refusal::Damaged), "{kind}");
    }
}

/// A PNG that claims to be as large as it likes.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(&picture(16, 16), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&checksum);
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let fold = |crc: u32, byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    };
    !bytes.iter().fold(!0, fold)
}

#[test]
fn what_claims_too_many_pixels_is_refused_before_it_is_decoded() {
    for (width, height) in
        [(20_000, 20_000), (7_072, 7_072), (70_000, 10), (u32::MAX >> 1, 1), (1, u32::MAX >> 1)]
    {
        assert_eq!(
            check(&png_claiming(width, height)).err(),
            Some(Refusal::TooManyPixels),
            "{width} x {height}"
        );
    }
    // within the bound it is decoded, and turns out to be cut short
    assert_eq!(check(&png_claiming(7_071, 7_071)).err(), Some(Refusal::Damaged));

    let mut jpeg = encoded(&picture(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    assert_eq!(check(&jpeg).err(), Some(Refusal::TooManyPixels));
}

#[test]
fn a_progressive_picture_has_a_lower_bound_for_what_it_holds_in_memory() {
    let mut jpeg = encoded(&picture(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 1] = 0xC2;
    let claim = |side: u16| [side.to_be_bytes(), side.to_be_bytes()].concat();
    jpeg[frame + 5..frame + 9].copy_from_slice(&claim(6_000));
    assert_eq!(check(&jpeg).err(), Some(Refusal::TooManyPixels));
}

#[test]
fn a_color_that_is_finer_than_the_brightness_is_refused() {
    let mut jpeg = encoded(&picture(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let last = frame + 2 + 8 + 2 * 3 + 1;
    assert_eq!(jpeg[last], 0x11);
    jpeg[last] = 0x24;
    assert_eq!(check(&jpeg).err(), Some(Refusal::Damaged));
}

#[test]
fn what_is_larger_than_an_upload_may_be_is_refused() {
    let mut upload = encoded(&picture(16, 16), ImageFormat::Jpeg);
    upload.resize(MOST_BYTES, 0);
    assert!(check(&upload).is_ok());
    upload.push(0);
    assert_eq!(check(&upload).err(), Some(Refusal::TooManyBytes));
}

#[test]
fn every_refusal_says_something_a_person_can_read() {
    for refusal in [Refusal::TooManyBytes, Refusal::NotAnImage, Refusal::TooManyPixels, Refusal::Damaged] {
        let reason = refusal.reason();
        assert!(reason.starts_with("The ") && reason.ends_with('.'), "{reason}");
    }
}
