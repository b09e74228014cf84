package dev.interlock.credentials;

import dev.interlock.action.Alert;
import dev.interlock.vault.EndedGrant;
import dev.interlock.vault.KeysClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Tells people once of each OAuth grant that has ended, and says which are not renewed yet. */
public final class GrantAlerts implements Runnable {

    private final KeysClient keys;
    private final Consumer<Alert> alerts;
    private volatile List<EndedGrant> told = List.of();

    public GrantAlerts(KeysClient keys, Consumer<Alert> alerts) {
        this.keys = keys;
        this.alerts = alerts;
    }

    @Override
    public void run() {
        if (!keys.isUp()) {
            return; // which people have been told
        }
        try {
            List<EndedGrant> ended = keys.endedGrants();
            ended.stream()
                    .filter(grant -> !told.contains(grant))
                    .forEach(grant -> alerts.accept(new Alert(
                            Alert.AlertKind.GRANT_ENDED,
                            Alert.Severity.ALARM,
                            words(grant),
                            Map.of("upstream", grant.name()))));
            told = ended;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what people have to do, in whole sentences. */
    public List<String> troubles() {
        return told.stream().map(GrantAlerts::words).toList();
    }

    private static String words(EndedGrant grant) {
        return "The OAuth grant of `" + grant.name() + "` has ended: its server accepts it no more, since "
                + grant.since().truncatedTo(ChronoUnit.SECONDS)
                + ". Calls that need it are refused. Sign in again: sudo interlock upstream renew " + grant.name()
                + ".";
    }
}
