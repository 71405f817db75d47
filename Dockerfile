# Builds the one binary and puts it alone into a small image, run by a user without rights.
FROM rust:1-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked --bin rulegate && install -D target/dist/rulegate /out/rulegate && mkdir /out/data

FROM debian:bookworm-slim
# Roots for TLS to the database.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/rulegate /usr/local/bin/rulegate
# Only SQLite writes here; with PostgreSQL the whole file system may be read-only.
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
VOLUME /data
# Beyond loopback RULEGATE_PUBLIC_ORIGIN has to be given too.
ENV RULEGATE_LISTEN=0.0.0.0:8080 \
    RULEGATE_DATABASE=sqlite:/data/rulegate.db
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s --retries=3 \
    CMD ["rulegate", "health", "http://127.0.0.1:8080/livez"]
ENTRYPOINT ["rulegate"]
CMD ["serve"]
