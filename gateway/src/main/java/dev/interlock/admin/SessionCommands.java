package dev.interlock.admin;

import dev.interlock.action.Alert;
import dev.interlock.adminapi.LeaseQuestion;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The command that records digests of what runs recorded. Each lease of a run gets one, once, from the user who opened
 * it. So a record that was changed afterwards gets no new receipt, and nobody records another user's run.
 *
 * <p>Threading: guarded by itself.
 */
public final class SessionCommands implements CommandGroup {

    /** Maximum runs whose digest is awaited. Those that never report are forgotten at some time. */
    static final int MAX_OPEN = 4_096;

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final Map<String, String> open = new LinkedHashMap<>();

    private final LeaseCommands leases;
    private final Consumer<Alert> alerts;

    public SessionCommands(LeaseCommands leases, Consumer<Alert> alerts) {
        this.leases = leases;
        this.alerts = alerts;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(Command.of(LeaseQuestion.RecordSession.class, this::record));
    }

    synchronized void opened(String lease, String user) {
        open.put(lease, user);
        Iterator<String> oldest = open.keySet().iterator();
        while (open.size() > MAX_OPEN) {
            oldest.next();
            oldest.remove();
        }
    }

    /** Whether {@code user} opened the run of {@code lease}, and has not recorded its session yet. */
    synchronized boolean isOf(String lease, String user) {
        return user.equals(open.get(lease));
    }

    /** Records the digest; nothing else depends on it. */
    private LeaseQuestion.RecordedSession record(AdminRequest<LeaseQuestion.RecordSession> request)
            throws AdminRefusedException, LedgerUnavailableException {
        String lease = request.question().lease();
        String manifest = request.question().manifestSha256();
        if (!SHA256.matcher(manifest).matches()) {
            throw new MalformedException("`manifest_sha256` is not 64 lower-case hexadecimal digits");
        }
        if (leases.isOpen(lease)) {
            // After a restart the gateway knows open places, and not which digests were recorded.
            throw new AdminRefusedException(
                    "refused", "The listener of lease `" + lease + "` is still open.", "Close it first: `run.close`.");
        }
        if (!open.remove(lease, request.peer().user())) {
            // Either a record was changed afterwards and comes a second time, or somebody invents a session.
            alerts.accept(new Alert(
                    Alert.AlertKind.SESSION_REFUSED,
                    Alert.Severity.WARNING,
                    "A session's record got no receipt: it has one already, or no run waits to record it.",
                    Map.of("lease", lease, "manifest_sha256", manifest)));
            throw new AdminRefusedException(
                    "not_found",
                    "No session of lease `" + lease + "` waits to be recorded here.",
                    "A session is recorded once, by its run, as the user who started it, while the gateway that closed its listener is still running.");
        }
        // No second try: a ledger that failed may have stored it, and two receipts would contradict each other.
        return new LeaseQuestion.RecordedSession(
                request.entry().record(Json.object().with("lease", lease).with("manifest_sha256", manifest)));
    }
}
