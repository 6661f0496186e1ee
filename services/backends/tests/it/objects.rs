//! The object port: what a presigned request allows, and everything it does not.

mod downloads;
mod embedded;
mod http;
mod uploads;

use backends::Objects;
use chassis::clock::Clock;

/// How to get a store of one kind.
pub trait Adapter: Default + Send + Sync + 'static {
    /// Its bucket; requests are presigned by this clock, while the store itself goes by the machine's.
    async fn open(&self, clock: &Clock) -> Objects;
}

/// The whole suite, for one adapter.
macro_rules! objects_suite {
    ($adapter:ty) => {
        crate::stamp! { $adapter:
            crate::objects::downloads::put_get_delete as an_object_is_there_until_it_is_deleted,
            crate::objects::downloads::too_large as more_than_agreed_is_not_read,
            crate::objects::downloads::presigned as a_presigned_download_gives_content_and_type,
            crate::objects::downloads::refused as a_download_that_was_not_presigned_is_refused,
            crate::objects::downloads::away as a_store_that_is_away_is_unavailable,
            crate::objects::uploads::presigned as a_presigned_upload_stores_the_object,
            crate::objects::uploads::content_type as an_upload_of_another_type_is_refused,
            crate::objects::uploads::content_length as an_upload_of_another_length_is_refused,
            crate::objects::uploads::oversize as an_oversize_body_never_gets_in,
            crate::objects::uploads::expired as an_expired_upload_is_refused,
            crate::objects::uploads::tampered as a_tampered_upload_is_refused,
            crate::objects::uploads::unsigned as an_unsigned_upload_is_refused,
            crate::objects::uploads::copy as an_upload_cannot_be_turned_into_a_copy,
        }
    };
}
use objects_suite;
