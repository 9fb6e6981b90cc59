# The image of reactor. docs/image.md says how it is built and run, and which rights give what.
# Works with every builder, the classic one of Docker 20.10 included, and without any network: see `wheels/` there.

# Both stages stand on the same base: Debian or one like it, with python3 (3.11 or newer) and tini; for the build also pip,
# unless it lies in wheels/. There is no default, since no registry is taken for granted.
ARG BASE

FROM ${BASE} AS build
# pip's own settings, for this stage only. A password does not belong here: it would stay in this stage's history.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
COPY . /src
WORKDIR /src
RUN ["python3", "-m", "tools.image.assemble"]

FROM ${BASE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="reactor" \
      org.opencontainers.image.description="An event-driven, reactive monitor for Docker containers that ends what breaks the rules, and can prove it." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/reactor /opt/reactor
# Nobody of this number is in any list of users, and nobody need be. A volume that is mounted here for the first time gets
# this owner, too.
COPY --from=build --chown=65532:65532 /opt/state/ /
ENV PATH=/opt/reactor/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_STATE_HOME=/var/lib \
    XDG_RUNTIME_DIR=/run
USER 65532:65532
WORKDIR /
VOLUME ["/var/lib/reactor"]
EXPOSE 9710
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["reactor", "health"]
# -s: with --pid=host it is not the first process, and still takes over whom its children leave.
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "reactor"]
CMD ["run"]
