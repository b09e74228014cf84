package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private HolderOptions holder = new HolderOptions();

    @Override
    public Integer call() throws Exception {
        Secret token = holder.token();
        Json.Members plan;
        try {
            plan = Json.readWritten(Files.readAllBytes(file), "the plan");
        } catch (MalformedException e) {
            throw new UsageException("`" + file + "`: " + e.getMessage() + ".");
        }
        return holder.client(options)
                .plan(token, plan)
                .exit(terminal, told -> terminal.answer(options, told, () -> tell(told)));
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
