//! Lists hold what the caller may see, newest first.

use proto::program::v1::*;

use crate::house::{House, answer, fields, for_mother};
use crate::upstream::{DOCTOR, FATHER, MANAGER, MOTHER, NEIGHBOUR, STRANGER};

async fn list(
    house: &House,
    user: i64,
    request: ListProgramsRequest,
) -> Result<ListProgramsResponse, chassis::Error> {
    answer(house.program().list_programs(house.by(user, request)).await)
}

fn of(member_id: i64) -> ListProgramsRequest {
    ListProgramsRequest { member_id, ..Default::default() }
}

fn titles(page: &ListProgramsResponse) -> Vec<&str> {
    page.data.iter().map(|program| program.title.as_str()).collect()
}

/// Programs `0` to `5`, in turn of the mother and the father, two of each moment; and one of a stranger's.
async fn furnished() -> House {
    let house = House::open().await;
    for n in 0..6 {
        let member_id = if n % 2 == 0 { MOTHER } else { FATHER };
        house.create(CreateProgramRequest { member_id, title: n.to_string(), ..for_mother() }).await.unwrap();
        if n % 2 == 1 {
            house.later(1);
        }
    }
    let neighbours = CreateProgramRequest { member_id: NEIGHBOUR, ..for_mother() };
    answer(house.program().create_program(house.by(STRANGER, neighbours)).await).unwrap();
    house
}

#[tokio::test]
async fn everybody_sees_the_programs_of_the_members_they_may_see() {
    let house = furnished().await;
    let all = list(&house, MANAGER, of(0)).await.unwrap();
    assert_eq!(titles(&all), ["5", "4", "3", "2", "1", "0"]);
    assert_eq!(all.pagination, Some(Pagination { next_cursor: None, has_more: false }));
    assert_eq!(titles(&list(&house, MANAGER, of(FATHER)).await.unwrap()), ["5", "3", "1"]);
    assert_eq!(titles(&list(&house, DOCTOR, of(0)).await.unwrap()), ["4", "2", "0"]);
    assert_eq!(titles(&list(&house, STRANGER, of(0)).await.unwrap()), ["Stronger"]);
    // each by the day of its own member
    let starts: Vec<_> = all.data.iter().map(|program| program.start_date.as_str()).collect();
    assert_eq!(&starts[..2], ["2026-03-03", "2026-03-04"]);
    house.delete(all.data[0].id).await.unwrap();
    assert_eq!(titles(&list(&house, MANAGER, of(FATHER)).await.unwrap()), ["3", "1"]);
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_repeat() {
    let house = furnished().await;
    for limit in 1..=7 {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = list(&house, MANAGER, ListProgramsRequest { limit, cursor, ..of(0) }).await.unwrap();
            assert!(page.data.len() <= limit as usize);
            seen.extend(page.data.iter().map(|program| program.title.clone()));
            let pagination = page.pagination.unwrap();
            assert_eq!(pagination.has_more, pagination.next_cursor.is_some());
            match pagination.next_cursor {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(seen, ["5", "4", "3", "2", "1", "0"], "{limit} a page");
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_query() {
    let house = furnished().await;
    let first = list(&house, MANAGER, ListProgramsRequest { limit: 1, ..of(0) }).await.unwrap();
    let cursor = first.pagination.unwrap().next_cursor.unwrap();
    let elsewhere = ListProgramsRequest { cursor: cursor.clone(), ..of(MOTHER) };
    assert_eq!(fields(list(&house, MANAGER, elsewhere).await), ["cursor"]);
    assert_eq!(fields(list(&house, DOCTOR, ListProgramsRequest { cursor, ..of(0) }).await), ["cursor"]);
    assert_eq!(
        fields(list(&house, MANAGER, ListProgramsRequest { cursor: "x".into(), ..of(0) }).await),
        ["cursor"]
    );
    assert_eq!(fields(list(&house, MANAGER, ListProgramsRequest { limit: 101, ..of(0) }).await), ["limit"]);
}
