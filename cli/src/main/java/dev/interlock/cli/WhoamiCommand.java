package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import dev.interlock.vault.SecretSource;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "whoami",
        description =
                "Show what the holder of a lease may do: what passes, what people are asked about, what is always refused, and what is left of budgets. An agent asks about its own lease, in $$INTERLOCK_LEASE.",
        footer = {
            "  interlock whoami",
            "  interlock whoami --lease L-01JD…",
            "  curl -s -H \"Authorization: Bearer $INTERLOCK_LEASE\" $INTERLOCK_GATEWAY/.interlock/whoami"
        })
final class WhoamiCommand extends ConfiguredCommand {

    private static final String TEXT = "text";

    @Option(names = "--lease", paramLabel = "LEASE", description = "The lease, for a person who runs the gateway.")
    @Nullable String lease;

    @Option(
            names = "--from",
            description =
                    "Where the lease's token is: file:PATH (/dev/stdin for standard input) or env:NAME; $$INTERLOCK_LEASE unless given.")
    @Nullable String from;

    @Option(
            names = "--gateway",
            paramLabel = "URL",
            description = "The gateway's address; $$INTERLOCK_GATEWAY, or the one in gateway.yaml, unless given.")
    @Nullable URI gateway;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "The CA certificate that signed the gateway's certificate, if it is a private CA.")
    @Nullable Path authority;

    @Override
    public Integer call() throws Exception {
        if (lease != null) {
            if (from != null || gateway != null || authority != null) {
                throw new UsageException("`--lease` asks the running gateway of this machine: leave out the others");
            }
            return tell(options.daemon().ask(new LeaseQuestion.DescribeLease(lease)));
        }
        if (from == null && System.getenv("INTERLOCK_LEASE") == null) {
            throw new UsageException("name a lease with `--lease`; `interlock lease list` shows them");
        }
        Secret token = UsageException.unless(() -> SecretSource.parse(from == null ? "env:INTERLOCK_LEASE" : from))
                .read(System.getenv());
        LeaseHolderClient.HolderAnswer answer = new LeaseHolderClient(
                        gateway == null ? options.gateway() : gateway, Optional.ofNullable(authority))
                .whoami(token);
        if (!answer.given()) {
            terminal.problem(answer.body().text("detail") + " " + answer.body().text("next"));
            return ExitCodes.NO;
        }
        return tell(answer.body());
    }

    private int tell(Json.Members told) {
        return terminal.answer(
                options,
                told.without(Set.of(TEXT)),
                () -> terminal.line(told.text(TEXT).stripTrailing()));
    }
}
