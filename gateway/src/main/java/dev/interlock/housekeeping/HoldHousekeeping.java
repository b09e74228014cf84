package dev.interlock.housekeeping;

import dev.interlock.action.Alert;
import dev.interlock.action.Seal;
import dev.interlock.confirm.Confirmations;
import dev.interlock.confirm.HoldSigning;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Ends holds in time, and asks the next people on the ladder. */
public record HoldHousekeeping(
        Supplier<Optional<Seal>> seals, Confirmations confirmations, HoldSigning confirmers, Consumer<Alert> alerts) {

    /** Returns the steps of this work, each of which is done even if another one fails. */
    public List<Runnable> steps() {
        return List.of(
                () -> confirmers.settle(seals),
                () -> seals.get().ifPresent(this::expire),
                () -> seals.get().ifPresent(this::escalate));
    }

    private void expire(Seal seal) {
        confirmations
                .expire(seal)
                .forEach(hold -> alerts.accept(new Alert(
                        Alert.AlertKind.HOLD_EXPIRED,
                        Alert.Severity.WARNING,
                        "A hold has expired, which counts as a denial: " + hold.summary(),
                        Map.of(Alert.HOLD, hold.id()))));
    }

    private void escalate(Seal seal) {
        confirmations
                .escalate(seal)
                .forEach(hold -> alerts.accept(new Alert(
                        Alert.AlertKind.HOLD_ESCALATED,
                        Alert.Severity.WARNING,
                        "A hold has had no answer for " + hold.after().toMinutes() + " minutes, and `" + hold.to()
                                + "` is asked: " + hold.ticket().summary(),
                        Map.of(
                                "hold",
                                hold.ticket().id(),
                                "to",
                                hold.to(),
                                "words",
                                hold.ticket().words()))));
    }
}
