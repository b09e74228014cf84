package dev.interlock.cli;

import dev.interlock.adminapi.HoldQuestion;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "grant",
        description = "Grants: calls that people let an agent make again when they confirmed one of their kind.",
        footer = {"  interlock grant list", "  interlock grant revoke G-01JD…"})
final class GrantCommand extends TerminalCommand {

    @Command(
            name = "list",
            description = "List the grants that are neither used up nor over.",
            footer = "  interlock grant list --json")
    int list(@Mixin Options own) throws Exception {
        HoldQuestion.Grants grants = own.daemon().ask(new HoldQuestion.ListGrants());
        return terminal.answer(
                own,
                grants,
                List.of("GRANT", "USED", "UNTIL", "BY", "AGENT", "WHAT"),
                grants.grants().stream()
                        .map(grant -> List.of(
                                grant.id(),
                                grant.used() + " of " + grant.calls(),
                                CellFormat.time(grant.until()),
                                String.join(", ", grant.signers()),
                                grant.agent(),
                                grant.like()))
                        .toList());
    }

    @Command(
            name = "revoke",
            description = "End a grant: each further call is asked about again.",
            footer = "  interlock grant revoke G-01JD… --reason 'the release is out'")
    int revoke(
            @Parameters(paramLabel = "GRANT") String grant,
            @Option(names = "--reason", defaultValue = "", description = "One sentence for the record.") String reason,
            @Mixin Options own)
            throws Exception {
        HoldQuestion.RevokedGrant result = own.daemon().ask(new HoldQuestion.RevokeGrant(grant, reason));
        return terminal.answer(own, result, grant + " is revoked." + CellFormat.unrecorded(result));
    }
}
