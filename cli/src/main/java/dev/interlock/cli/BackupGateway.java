package dev.interlock.cli;

import dev.interlock.adminapi.BackupQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupStatus;
import dev.interlock.evidence.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * This machine's gateway, as the backup commands use it. One that hangs counts as one that cannot be reached: backups
 * are taken and tested all the same.
 */
record BackupGateway(Terminal terminal, Options own) {

    static final Duration ANSWER = Duration.ofSeconds(30);

    static final String UNKEPT =
            ": the gateway could not save the attestation and would lose it at a restart (its disk may be full); ";

    /** The gateway's answer to an attestation that it accepted: whether it will know it after a restart. */
    record AcceptedAttestation(String receipt, boolean isStored) {}

    private AdminClient daemon() throws IOException {
        return own.daemon().within(ANSWER);
    }

    /** Empty if the gateway cannot be reached or does not know the plan. Call it before reading the target. */
    Optional<BackupStatus> standing(BackupPlanConfig plan) {
        try {
            return standing(daemon(), plan.name());
        } catch (Exception e) {
            return Optional.empty(); // a later report to the gateway says that it cannot be reached
        }
    }

    private static Optional<BackupStatus> standing(AdminClient daemon, String plan)
            throws IOException, AdminRefusedException {
        Json.Members plans = daemon.ask(new BackupQuestion.ListPlans()).plans();
        return plans.get(plan).isEmpty() ? Optional.empty() : Optional.of(BackupStatus.of(plans.object(plan)));
    }

    Optional<String> counted(BackupPlanConfig plan) {
        return standing(plan).flatMap(BackupStatus::counted);
    }

    /** Returns the receipt. If the gateway is down, or cannot write it down, it is reported later, or by hand. */
    Optional<String> attest(BackupAttestation found, String signature, Optional<Path> out) {
        try {
            AcceptedAttestation taken = taken(daemon().ask(new BackupQuestion.AttestBackup(found.json(), signature)));
            if (!taken.isStored()) {
                terminal.problem(found.json().text("plan") + "/" + found.id() + UNKEPT + "run it again, receipt "
                        + taken.receipt());
                return Optional.empty();
            }
            return Optional.of(taken.receipt());
        } catch (FileNotFoundException | NoSuchFileException e) {
            if (out.isEmpty()) {
                terminal.problem(
                        "there is no gateway on this machine (no gateway.yaml), so none was notified: run it with `--out FILE`, and hand FILE to `interlock backup attest` on the gateway's machine");
            }
            return Optional.empty();
        } catch (Exception e) {
            terminal.problem("the gateway could not be notified: " + e.getMessage());
            return Optional.empty();
        }
    }

    void reportCheck(BackupPlanConfig plan, boolean looked) {
        try {
            BackupQuestion.CheckedTarget answer = daemon().ask(new BackupQuestion.CheckTarget(plan.name(), looked));
            if (!answer.kept().orElse(true)) {
                terminal.problem(plan.name() + ": the gateway could not save that its backups cannot be listed");
            }
        } catch (FileNotFoundException | NoSuchFileException e) {
            // There is no gateway here, and no decision depends on it.
        } catch (Exception e) {
            terminal.problem(plan.name() + ": the gateway could not be told that its backups "
                    + (looked ? "can" : "cannot") + " be listed: " + e.getMessage());
        }
    }

    private static AcceptedAttestation taken(BackupQuestion.AttestedBackup answer) {
        return new AcceptedAttestation(answer.receipt(), answer.kept().orElse(true));
    }

    /** Anybody may hand in {@code word}. Empty if the gateway knows it already. */
    static Optional<AcceptedAttestation> deliver(AdminClient daemon, AttestationDocument word)
            throws IOException, AdminRefusedException {
        Optional<BackupStatus> standing = standing(daemon, word.said().text("plan"));
        if (standing.isPresent() && !standing.get().isNews(BackupAttestation.of(word.said()))) {
            return Optional.empty();
        }
        return Optional.of(taken(daemon.ask(new BackupQuestion.AttestBackup(word.said(), word.signature()))));
    }
}
