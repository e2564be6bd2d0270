//! Owns the program `loki-fake [PORT|ADDRESS] [NOW]`: a Loki with two hours of made-up logs up to now, or up to a time in nanoseconds,
//! to try the plugin on. Refuses further options.
#![allow(clippy::print_stdout, reason = "it says where it listens")]

use std::time::{SystemTime, UNIX_EPOCH};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "3100".to_owned());
    // A port alone is one of this machine.
    let address = match address.parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => address,
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(0));
    let now = arguments
        .next()
        .and_then(|it| it.parse().ok())
        .unwrap_or(now);
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("a made-up Loki at http://{}", listener.local_addr()?);
    tokio::select! {
        served = loki_fake::serve(listener, loki_fake::story(now)) => served,
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}
