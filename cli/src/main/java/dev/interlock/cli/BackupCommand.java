package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "backup",
        subcommands = {BackupRunCommand.class, BackupRehearseCommand.class, BackupStatusCommand.class},
        description = "Backups that another tool takes and stores, restored for real and compared here.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "  interlock backup run shop-db",
            "  interlock backup status",
            "  interlock backup rehearse shop-db --key ~/.ssh/id_ed25519_sk",
            "  interlock backup attest attested.json"
        })
final class BackupCommand extends TerminalCommand {

    @Command(
            name = "attest",
            description = {
                "Hand this machine's gateway the attestation of a restore test that ran elsewhere. The gateway checks the signature, so anybody may hand it in.",
                "It ignores an attestation that it knows already.",
                "Exit code 69 if the gateway could not save it: a restart would lose it, so hand it in again."
            },
            footer = {
                "  interlock backup attest attested.json",
                "  cat attested.json attested.json.sig | ssh gateway interlock backup attest"
            })
    int attest(
            @Parameters(
                            paramLabel = "FILE",
                            arity = "0..1",
                            description = "The attestation, with its signature beside it in FILE.sig; unless given, both are read from standard input, one after the other.")
                    @Nullable Path file,
            @Mixin Options own)
            throws Exception {
        AttestationDocument word = AttestationDocument.read(file);
        Optional<BackupGateway.AcceptedAttestation> taken = BackupGateway.deliver(own.daemon(), word);
        Optional<String> receipt = taken.map(BackupGateway.AcceptedAttestation::receipt);
        String backup = word.said().text("plan") + "/" + word.said().text("backup");
        boolean isForgotten = taken.filter(one -> !one.isStored()).isPresent();
        Json.Members json = word.said().withOptional("receipt", receipt);
        terminal.answer(
                own,
                isForgotten ? json.with("kept", false) : json,
                receipt.map(id -> backup + ": the gateway recorded it, receipt " + id)
                        .orElse(backup + ": the gateway already has this attestation or a later one"));
        if (isForgotten) {
            terminal.problem(backup + BackupGateway.UNKEPT + "hand it in again");
            return ExitCodes.UNAVAILABLE;
        }
        return ExitCodes.OK;
    }
}
