package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.program.ExitCodes;
import dev.interlock.vault.SecretSource;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "plan",
        description =
                "Send calls ahead, in their order: each is judged, nothing is sent, and people are asked about all of them at once.",
        footer = {
            "  interlock plan plan.json",
            "  curl -s -H \"Authorization: Bearer $INTERLOCK_LEASE\" --json @plan.json $INTERLOCK_GATEWAY/.interlock/plans"
        })
final class PlanCommand extends ConfiguredCommand {

    @Parameters(
            paramLabel = "FILE",
            description =
                    "The plan: {\"steps\": [{\"method\", \"url\", \"headers\", \"body\"}, {\"url\", \"tool\", \"arguments\"}]}.")
    Path file = Path.of("");

    @Option(
            names = "--from",
            description =
                    "Where the lease's token is: file:PATH (/dev/stdin for standard input) or env:NAME; $$INTERLOCK_LEASE unless given.")
    String from = "env:INTERLOCK_LEASE";

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
        Secret token = UsageException.unless(() -> SecretSource.parse(from)).read(System.getenv());
        Json.Members plan;
        try {
            plan = Json.readWritten(Files.readAllBytes(file), "the plan");
        } catch (MalformedException e) {
            throw new UsageException("`" + file + "`: " + e.getMessage() + ".");
        }
        LeaseHolderClient.HolderAnswer answer = new LeaseHolderClient(
                        gateway == null ? options.gateway() : gateway, Optional.ofNullable(authority))
                .plan(token, plan);
        if (!answer.given()) {
            terminal.problem(answer.body().text("detail") + " " + answer.body().text("next"));
            return ExitCodes.NO;
        }
        return terminal.answer(options, answer.body(), () -> tell(answer.body()));
    }

    private void tell(Json.Members told) {
        told.optionalText("summary").ifPresent(terminal::line);
        for (Json.Members step : told.objects("steps")) {
            terminal.line("  " + step.whole("step") + " " + step.text("verdict") + "  "
                    + step.optionalText("summary").orElse(""));
        }
        told.optionalText("plan")
                .ifPresent(id -> terminal.line("Plan " + id + " waits until "
                        + CellFormat.time(told.text("expires")) + " for: "
                        + String.join(", ", told.texts("missing"))));
        terminal.line(told.text("next"));
    }
}
