# One image for every room: `docker run praan serve logging`, or all in one with `up`. It has not been built where it was
# written, where there is no Docker: only hadolint has read it.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /praan
# in a layer of its own, which no change of the code renews
COPY scripts/lib/install scripts/lib/install
RUN ["bash", "-c", "source scripts/lib/install && need_cargo_cyclonedx"]
# what is built in besides: onnx lets the process run a model of its own
ARG FEATURES=""
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/praan/target \
    cargo build --release --locked --package praan --features "${FEATURES}" \
    && install -D target/release/praan /out/praan \
    && scripts/sbom /out/praan.cdx.json "${FEATURES}" \
    && install -d -m 0700 /out/data

# glibc, the authorities of TLS and time zones; no shell
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/praan /usr/local/bin/praan
# every crate that is in it, for whoever has to find one with a fault
COPY --from=build /out/praan.cdx.json /usr/share/doc/praan/praan.cdx.json
COPY --from=build --chown=65532:65532 /out/data /var/lib/praan
ENV PRAAN_LISTEN=0.0.0.0:8080 PRAAN_DATA_DIR=/var/lib/praan PRAAN_LOG_FORMAT=json
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["/usr/local/bin/praan"]
CMD ["up"]
