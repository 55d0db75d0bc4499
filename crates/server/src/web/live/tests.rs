use crate::http::tests::Bench;
use axum::body::Body;
use axum::extract::Request;
use futures_util::StreamExt as _;
use tower::ServiceExt as _;

/// Opens the stream and returns its body.
async fn open(bench: &Bench, cookie: &str) -> axum::body::BodyDataStream {
    let request = Request::get("/live").header("cookie", cookie).body(Body::empty()).unwrap();
    let response = bench.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

#[test]
fn an_open_page_is_told_that_something_changed() {
    let bench = Bench::new();
    let cookie = bench.session();
    let told = bench.wait(async {
        let mut stream = open(&bench, &cookie).await;
        bench.server.app().changed.send_modify(|count| *count += 1);
        bench.server.app().changed.send_modify(|count| *count += 1);
        stream.next().await.unwrap().unwrap()
    });
    let told = String::from_utf8(told.to_vec()).unwrap();
    assert!(told.contains("event: changed\n"), "{told}");
}

#[test]
fn the_stream_ends_with_the_session() {
    let bench = Bench::new();
    let cookie = bench.session();
    let ended = bench.wait(async {
        let mut stream = open(&bench, &cookie).await;
        bench.clock.advance(13 * 3_600);
        bench.server.app().changed.send_modify(|count| *count += 1);
        stream.next().await.is_none()
    });
    assert!(ended);
}
