//! Photos, and what only says it is one.

use std::io::Cursor;

use chassis::Kind;
use image::{ImageFormat, RgbImage};

use crate::house::{House, image_key, uploaded};
use backends::Queue;

/// A picture that is different for every seed.
pub fn picture(seed: u32) -> RgbImage {
    RgbImage::from_fn(120, 80, |x, y| {
        image::Rgb([x + seed, y * 2, (x * y) / 7 + seed * 3].map(|n| (n % 256) as u8))
    })
}

pub fn encoded(seed: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture(seed).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG as a phone makes it: with a place in its EXIF block.
fn jpeg_with_place() -> Vec<u8> {
    let jpeg = encoded(1, ImageFormat::Jpeg);
    let exif = [
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1A\0\0\0\0".as_slice(),
        b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0GPS 52.5200N 13.4050E",
    ]
    .concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn a_photo_of_every_kind_is_read_and_announced_once() {
    let mut house = House::open().await;
    for (log_id, format) in [(1, ImageFormat::Jpeg), (2, ImageFormat::Png), (3, ImageFormat::WebP)] {
        house.upload(log_id, &encoded(7, format)).await;
        house.announce(log_id).await;
        let inference = house.inference(log_id).await.unwrap();
        assert_eq!((inference.model.as_str(), inference.photo_kept), ("stub/1", true));
        let meal = house.meal(log_id).await;
        assert!(meal.calories > 0.0 && (1..=3).contains(&meal.items.len()), "{meal:?}");
    }
    let mut announced = house.announced().await;
    announced.sort_unstable();
    assert_eq!(announced, [1, 2, 3]);
}

#[tokio::test]
async fn what_is_kept_does_not_tell_where_it_was_taken() {
    let house = House::open().await;
    let upload = jpeg_with_place();
    assert!(contains(&upload, b"GPS 52.5200N"));
    house.upload(1, &upload).await;
    house.announce(1).await;
    let kept = house.kept(1).await.unwrap();
    for copy in [&kept, &house.thumbnail(1).await.unwrap()] {
        assert!(!contains(copy, b"GPS") && !contains(copy, b"Exif"));
    }
    let shown = image::load_from_memory_with_format(&kept, ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!(shown.dimensions(), (120, 80));
    assert!(
        shown
            .pixels()
            .zip(picture(1).pixels())
            .filter(|(kept, was)| kept.0[0].abs_diff(was.0[0]) > 40)
            .count()
            < 500
    );
    let gone = house.objects.get(&image_key(1), 1_000_000).await.unwrap();
    assert!(gone.is_none(), "the upload tells where it was taken");
}

#[tokio::test]
async fn a_thumbnail_is_kept_beside_the_photo() {
    let house = House::open().await;
    let mut large = Cursor::new(Vec::new());
    RgbImage::from_pixel(1_200, 900, image::Rgb([200, 60, 20]))
        .write_to(&mut large, ImageFormat::Jpeg)
        .unwrap();
    let large = large.into_inner();
    for (log_id, upload, size) in [(1, large, (320, 240)), (2, encoded(1, ImageFormat::Png), (120, 80))] {
        house.upload(log_id, &upload).await;
        house.announce(log_id).await;
        let thumbnail = house.thumbnail(log_id).await.unwrap();
        let shown = image::load_from_memory_with_format(&thumbnail, ImageFormat::Jpeg).unwrap();
        assert_eq!((shown.width(), shown.height()), size);
        assert!(house.kept(log_id).await.unwrap() != thumbnail);
    }
}

#[tokio::test]
async fn the_same_photo_is_the_same_meal_wherever_it_is_read() {
    let (here, there) = (House::open().await, House::open().await);
    for (house, log_id) in [(&here, 1), (&here, 2), (&there, 3)] {
        house.upload(log_id, &encoded(7, ImageFormat::Png)).await;
        house.announce(log_id).await;
    }
    let meal = here.meal(1).await;
    assert_eq!((&here.meal(2).await, &there.meal(3).await), (&meal, &meal));
    here.upload(4, &encoded(8, ImageFormat::Png)).await;
    here.announce(4).await;
    assert_ne!(here.meal(4).await, meal);
}

/// A small PNG whose header claims to be 20 000 pixels wide and high.
fn bomb() -> Vec<u8> {
    let mut png = encoded(1, ImageFormat::Png);
    png[16..24].copy_from_slice(&[20_000_u32.to_be_bytes(), 20_000_u32.to_be_bytes()].concat());
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    let crc =
        png[12..29].iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)));
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

#[tokio::test]
async fn what_is_no_photo_fails_at_once_with_a_reason() {
    let mut house = House::open().await;
    let jpeg = encoded(1, ImageFormat::Jpeg);
    let png = encoded(1, ImageFormat::Png);
    let cases = [
        (b"dinner was great, trust me".to_vec(), "not a JPEG, PNG or WebP"),
        (Vec::new(), "not a JPEG, PNG or WebP"),
        (bomb(), "too many pixels"),
        (jpeg[..jpeg.len() / 2].to_vec(), "damaged or incomplete"),
        (png[..png.len() / 2].to_vec(), "damaged or incomplete"),
        ([&png[..8], &jpeg[..]].concat(), "damaged or incomplete"),
        (vec![0; 10 * 1024 * 1024 + 1], "larger than 10 MiB"),
    ];
    for (log_id, (upload, reason)) in (1..).zip(&cases) {
        house.upload(log_id, upload).await;
        house.announce(log_id).await;
        let failure = house.failure(log_id).await;
        assert!(failure.contains(reason), "{failure} is not {reason}");
        assert!(!house.inference(log_id).await.unwrap().photo_kept);
        assert_eq!((house.kept(log_id).await, house.thumbnail(log_id).await), (None, None));
        assert_eq!(house.objects.get(&image_key(log_id), 20_000_000).await.unwrap(), None);
    }
    assert_eq!(house.announced().await.len(), cases.len());
}

#[tokio::test]
async fn a_photo_that_is_announced_again_and_again_is_read_once() {
    let mut house = House::open().await;
    house.upload(1, &encoded(7, ImageFormat::Jpeg)).await;
    let (once, again) = (uploaded(1), uploaded(1));
    let all = [&once, &once, &again, &again, &once].map(|message| house.queue.publish(message.clone()));
    futures_util::future::join_all(all).await.into_iter().for_each(|published| published.unwrap());
    assert_eq!(house.announced().await, [1]);
    assert_eq!(house.count("inferences").await, 1);
    house.meal(1).await;
}

#[tokio::test]
async fn a_photo_that_was_not_read_yet_is_not_found() {
    let house = House::open().await;
    assert_eq!(house.inference(1).await.unwrap_err().kind(), Kind::NotFound);
}
