package dev.interlock.cli;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for what a lease's holder asks: where the lease's token is, and the gateway that knows it. */
final class HolderOptions {

    @Option(
            names = "--from",
            description =
                    "Where the lease's token is: file:PATH (/dev/stdin for standard input) or env:NAME; $$INTERLOCK_LEASE unless given.")
    private @Nullable String from;

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            description = "The gateway's address; $$INTERLOCK_GATEWAY, or the one in gateway.yaml, unless given.")
    private @Nullable URI gateway;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "The CA certificate that signed the gateway's certificate, if it is a private CA.")
    private @Nullable Path authority;

    boolean isEmpty() {
        return from == null && gateway == null && authority == null;
    }

    boolean namesToken() {
        return from != null || System.getenv("INTERLOCK_LEASE") != null;
    }

    Secret token() throws IOException {
        return Options.secret(from == null ? "env:INTERLOCK_LEASE" : from);
    }

    LeaseHolderClient client(Options own) throws IOException {
        return new LeaseHolderClient(gateway == null ? own.gateway() : gateway, Optional.ofNullable(authority));
    }
}
