package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.evidence.Json;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private HolderOptions holder = new HolderOptions();

    @Override
    public Integer call() throws Exception {
        if (lease != null) {
            if (!holder.isEmpty()) {
                throw new UsageException("`--lease` asks the running gateway of this machine: leave out the others");
            }
            return tell(options.daemon().ask(new LeaseQuestion.DescribeLease(lease)));
        }
        if (!holder.namesToken()) {
            throw new UsageException("name a lease with `--lease`; `interlock lease list` shows them");
        }
        Secret token = holder.token();
        return holder.client(options).whoami(token).exit(terminal, this::tell);
    }

    private int tell(Json.Members told) {
        return terminal.answer(
                options,
                told.without(Set.of(TEXT)),
                () -> terminal.line(told.text(TEXT).stripTrailing()));
    }
}
