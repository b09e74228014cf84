package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupStatus;
import dev.interlock.evidence.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;

/**
 * This machine's gateway, as the backup commands use it: they ask for its status of backups and report to it. A gateway
 * that hangs counts as one that cannot be reached. Backups are taken and tested all the same.
 */
final class BackupGateway {

    static final Duration ANSWER = Duration.ofSeconds(30);

    /** The message for {@code kept} false. */
    static final String UNKEPT =
            ": the gateway could not save the attestation and would lose it at a restart (its " + "disk may be full); ";

    private static final String WORD = "backup.attest";

    private static final String KEPT = "kept";

    /**
     * The gateway's answer to an attestation that it accepted.
     *
     * @param isStored whether it will know it after a restart
     */
    record AcceptedAttestation(String receipt, boolean isStored) {}

    private final Terminal terminal;
    private final Options own;

    BackupGateway(Terminal terminal, Options own) {
        this.terminal = terminal;
        this.own = own;
    }

    private AdminClient daemon() throws IOException {
        return own.daemon().within(ANSWER);
    }

    /**
     * Returns the gateway's status of {@code plan}; empty if the gateway cannot be reached or does not know the plan.
     * Call it before reading the target.
     */
    Optional<BackupStatus> standing(BackupPlanConfig plan) {
        try {
            return standing(daemon(), plan.name());
        } catch (Exception e) {
            return Optional.empty(); // a later report to the gateway says that it cannot be reached
        }
    }

    private static Optional<BackupStatus> standing(AdminClient daemon, String plan)
            throws IOException, AdminRefusedException {
        Json.Members plans = daemon.call("backup.plans", Json.object()).object("plans");
        return plans.get(plan).isEmpty() ? Optional.empty() : Optional.of(BackupStatus.of(plans.object(plan)));
    }

    /** Returns the backup of {@code plan} that the gateway counts on. */
    Optional<String> counted(BackupPlanConfig plan) {
        return standing(plan).flatMap(BackupStatus::counted);
    }

    /**
     * The backups that must not be removed, because the decision about a call may depend on them.
     *
     * @param counted the backup that the gateway counts on
     * @param unasked why the gateway cannot be reached: then a decision may depend on any backup
     */
    record RetainedBackups(Optional<String> counted, Optional<String> unasked) {

        boolean mayBeOn(String id) {
            return unasked.isPresent() || counted.filter(id::equals).isPresent();
        }
    }

    /** Returns the backups of {@code plan} that a decision may depend on, even if the target does not list them. */
    RetainedBackups retainedBackups(BackupPlanConfig plan) {
        try {
            return new RetainedBackups(asked(plan).flatMap(BackupStatus::counted), Optional.empty());
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            return new RetainedBackups(Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /**
     * Reports an attestation, and returns its receipt. If the gateway is down, or cannot write it down, it is reported
     * later, or by hand. The finding is true all the same.
     */
    Optional<String> attest(BackupAttestation found, String signature) {
        try {
            AcceptedAttestation taken =
                    taken(daemon().call(WORD, new AttestationDocument(found.json(), signature).json()));
            if (!taken.isStored()) {
                terminal.problem(found.json().text("plan") + "/" + found.id() + UNKEPT
                        + "`backup run` hands it in again, receipt " + taken.receipt());
                return Optional.empty();
            }
            return Optional.of(taken.receipt());
        } catch (FileNotFoundException | NoSuchFileException e) {
            String plan = found.json().text("plan");
            terminal.problem("there is no gateway on this machine (no gateway.yaml), so none "
                    + "was notified; hand the attestation to the gateway's machine: interlock "
                    + "backup signed " + plan + own.again() + " | ssh GATEWAY interlock backup"
                    + " attest");
            return Optional.empty();
        } catch (Exception e) {
            terminal.problem("the gateway could not be notified: " + e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Does the same as {@link #standing(Plan)}, but throws if the gateway cannot be reached. Empty if there is none on
     * this machine.
     */
    Optional<BackupStatus> asked(BackupPlanConfig plan) throws IOException, AdminRefusedException {
        try {
            return standing(daemon(), plan.name());
        } catch (FileNotFoundException | NoSuchFileException e) {
            return Optional.empty(); // no decision depends on it
        }
    }

    /**
     * Reports whether the target of {@code plan} could be read. Until it can be, none of its backups counts.
     *
     * @return false if the gateway may forget that at a restart
     */
    boolean reportCheck(BackupPlanConfig plan, boolean looked) throws IOException, AdminRefusedException {
        Json.Members answer = daemon().call(
                        "backup.check", Json.object().with("plan", plan.name()).with("looked", looked));
        return isKept(answer);
    }

    private static boolean isKept(Json.Members answer) {
        return answer.get(KEPT).isEmpty() || answer.flag(KEPT);
    }

    private static AcceptedAttestation taken(Json.Members answer) {
        return new AcceptedAttestation(answer.text("receipt"), isKept(answer));
    }

    /**
     * Hands in {@code word}, which anybody may do, unless the gateway knows it already. Returns the gateway's answer,
     * if it was handed in.
     */
    static Optional<AcceptedAttestation> deliver(AdminClient daemon, AttestationDocument word)
            throws IOException, AdminRefusedException {
        Optional<BackupStatus> standing = standing(daemon, word.said().text("plan"));
        if (standing.isPresent() && !standing.get().isNews(BackupAttestation.of(word.said()))) {
            return Optional.empty();
        }
        return Optional.of(taken(daemon.call(WORD, word.json())));
    }
}
