# Reeve's controller. It needs no rights on the machine that it runs on: it works over SSH.
#   docker build -t reeve .
#   docker run -v /etc/reeve:/etc/reeve:ro -v reeve:/var/lib/reeve-controller -p 127.0.0.1:9808:9808 reeve
# The files in /etc/reeve (keys, 0600) must belong to uid 10001. Commands: docker exec CONTAINER /opt/reeve/bin/reeve status
ARG BASE=debian:12-slim

# npm is needed to install, not to run. It installs the pinned Node (package "node") beside the libraries; nothing is built.
FROM ${BASE} AS install
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates npm \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/reeve
COPY package.json package-lock.json .npmrc ./
# bin/node installs anew where this copy of the lock file differs or is missing.
RUN npm ci --omit=dev --omit=optional --no-progress \
 && cp package-lock.json node_modules/.reeve-lock \
 # What is left of installing Node: bin/node is a hard link to the binary in here.
 && rm -rf node_modules/node/node_modules \
 # Some packages come writable by everybody, or as another user's.
 && chown -R 0:0 node_modules && chmod -R go-w node_modules

FROM ${BASE}
# git and ssh fetch the repository, gpg judges OpenPGP signatures; hypervisors are reached by a library. tini takes in what ssh leaves behind: as process 1 nobody else would.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git gpg openssh-client tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/reeve-controller --shell /usr/sbin/nologin reeve \
 && install -d -o reeve -g reeve -m 0700 /var/lib/reeve-controller
WORKDIR /opt/reeve
COPY --from=install /opt/reeve/node_modules node_modules
COPY package.json package-lock.json LICENSE ./
COPY bin bin
COPY crds crds
COPY controller controller
USER reeve
# The environment wins over reeve.yaml: inside a container the loopback is nobody's, and the health check must know the port.
ENV REEVE_LISTEN_ADDRESS=0.0.0.0 REEVE_LISTEN_PORT=9808
VOLUME /var/lib/reeve-controller
EXPOSE 9808
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["bin/node", "-e", "fetch('http://127.0.0.1:9808/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# An apply in hand may take 300 s (timeouts.apply); docker stop must wait for it: docker stop -t 310.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "/opt/reeve/bin/reeve"]
CMD ["run", "--config", "/etc/reeve/reeve.yaml"]
