package dev.interlock.cli;

import dev.interlock.action.KeptTexts;
import dev.interlock.action.Seal;
import dev.interlock.adminapi.HoldQuestion;
import dev.interlock.author.LastingPermit;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CatalogView;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.PolicyRule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "permit",
        description = {
            "Permit calls like this one from now on: write a permit with the call's own agent, operation, resources, environments and arguments into the policy directory, and show it.",
            "It is in force once it is sealed. What destroys, and what is grave in a protected environment, is asked about each time."
        },
        footer = "  interlock hold permit H-01JD… --any body.commit_message")
final class HoldPermitCommand extends ConfiguredCommand {

    @Parameters(paramLabel = "HOLD")
    private String hold = "";

    @Option(
            names = "--any",
            paramLabel = "ARGUMENT",
            description = "An argument that may have any value, and be left out. May be repeated.")
    private Set<String> any = Set.of();

    @Option(names = "--plan", description = "Only show what would be written.")
    private boolean plan;

    @Override
    public Integer call() throws Exception {
        HoldQuestion.ShownHold shown = options.daemon().ask(new HoldQuestion.ShowHold(hold));
        Seal before = PolicyCommand.sound(terminal, options, null).draft();
        LastingPermit permit = LastingPermit.of(
                before,
                CatalogView.facts(),
                statement(shown),
                new KeptTexts(shown.texts().orElse(List.of())),
                any);
        PolicyChange change = PolicyChange.permitting(options.policy(null), permit);
        Seal after = changed(change);
        permit.objection(before, after).ifPresent(why -> {
            throw new IllegalArgumentException(why + " Nothing was changed.");
        });
        List<String> diff = change.diff();
        if (!plan) {
            change.write();
        }
        List<String> relaxed = new ArrayList<>(PolicyRule.relaxations(after));
        relaxed.removeAll(PolicyRule.relaxations(before));
        Json.Members json = Json.object()
                .with("hold", hold)
                .with("file", PolicyChange.PERMITS)
                .with("permit", permit.text())
                .withTexts("without_approval", permit.withoutApproval())
                .withTexts("relaxed", relaxed)
                .with("written", !plan);
        return terminal.answer(options, json, () -> tell(diff, relaxed, permit));
    }

    private Statement statement(HoldQuestion.ShownHold shown) throws IOException {
        Statement read = Statement.read(shown.statement().getBytes(StandardCharsets.UTF_8));
        if (!read.hold().equals(hold)) {
            throw new IOException("the daemon showed `" + read.hold() + "` instead of `" + hold + "`");
        }
        return read;
    }

    private Seal changed(PolicyChange change) throws IOException {
        return switch (change.tried()) {
            case PolicyDirectory.LoadResult.SoundDirectory sound ->
                sound.directory().draft();
            case PolicyDirectory.LoadResult.InvalidDirectory(List<PolicyProblem> problems) -> {
                problems.forEach(problem -> terminal.problem(problem.toString()));
                throw new IllegalArgumentException("the policy would be wrong with it; nothing was changed");
            }
        };
    }

    private void tell(List<String> diff, List<String> relaxed, LastingPermit permit) {
        diff.forEach(terminal::line);
        relaxed.forEach(one -> terminal.line("RELAXED: " + one));
        permit.withoutApproval()
                .forEach(exempt -> terminal.line("Once sealed, the keys process asks for no signature for `" + exempt
                        + "`: the policy alone decides there."));
        terminal.line(
                plan ? "Nothing was written." : "Not in force yet: interlock policy test && interlock seal --key KEY");
    }
}
