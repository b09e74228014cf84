package dev.interlock.replay;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Everything in a stretch of the ledger that tightens, and that nothing later in it has undone. It takes the receipts
 * in order.
 */
final class Tightening implements Consumer<Receipt> {

    private final Instant oldest;

    final Map<Kill.KillTarget, Kill> kills = new LinkedHashMap<>();

    /** The reasons for which leases ended, by the lease. */
    final Map<String, String> ends = new LinkedHashMap<>();

    final Map<String, Json.Members> denials = new LinkedHashMap<>();
    final Map<String, Json.Members> revokedPasskeys = new LinkedHashMap<>();

    /** The receipts that used holds, by the hold: confirmed intents, and grants of elevations. */
    final Map<String, Receipt> uses = new LinkedHashMap<>();

    /** Intents that a limit may still count. */
    private final Map<String, Receipt> recent = new LinkedHashMap<>();

    /** Intents of which nothing was sent. */
    private final Set<String> unsent = new HashSet<>();

    /** Intents that certainly destroyed nothing. */
    private final Set<String> undone = new HashSet<>();

    private final Set<String> lifted = new HashSet<>();

    /** @param oldest the time from which on calls may still count against a limit */
    Tightening(Instant oldest) {
        this.oldest = oldest;
    }

    @Override
    public void accept(Receipt receipt) {
        switch (receipt.kind()) {
            case ADMIN -> act(receipt);
            case INTENT -> {
                if (receipt.members().get("confirmation").isPresent()) {
                    receipt.hold().ifPresent(hold -> uses.put(hold + " " + receipt.id(), receipt));
                }
                if (receipt.at().isAfter(oldest)) {
                    recent.put(receipt.id(), receipt);
                }
            }
            case OUTCOME -> receipt.intent().ifPresent(intent -> ended(receipt, intent));
            case REFUSED, HELD -> {}
        }
    }

    private void ended(Receipt outcome, String intent) {
        Receipt.Result result = outcome.result().orElse(Receipt.Result.UNKNOWN);
        boolean isAnswered = outcome.members().get("answer").isPresent();
        if (result == Receipt.Result.REFUSED) {
            uses.values().removeIf(use -> use.id().equals(intent)); // another copy used the hold
        }
        if (result == Receipt.Result.REFUSED || result == Receipt.Result.FAILED) {
            undone.add(intent);
            if (!isAnswered) {
                unsent.add(intent);
                recent.remove(intent);
            }
        }
    }

    private void act(Receipt receipt) {
        Json.Members members = receipt.members();
        String result = members.optionalText("result").orElse("");
        if (result.equals("refused") || result.equals("rejected")) {
            return; // somebody tried, and nothing happened
        }
        switch (members.optionalText("command").orElse("")) {
            case "kill" -> kill(receipt);
            case "kill.lift" -> kills.values().removeIf(kill -> kill.id().equals(members.text("kill")));
            case "lease.revoke", "run.close", "run.lost", "decoy.kill" -> end(members, "leases");
            case "freeze.lift" -> members.optionalText("intent").ifPresent(lifted::add);
            case "hold.deny" -> members.optionalText("hold").ifPresent(hold -> denials.put(hold, members));
            case "passkey.revoke" ->
                members.optionalText("passkey").ifPresent(key -> revokedPasskeys.put(key, members));
            case "elevation.give" -> members.optionalText("hold").ifPresent(hold -> uses.put(hold + " ", receipt));
            default -> {}
        }
    }

    private void kill(Receipt receipt) {
        Json.Members members = receipt.members();
        if (members.optionalText("scope").isEmpty()) {
            end(members, "leases"); // one lease, which needs no kill
            return;
        }
        Kill.KillTarget target = new Kill.KillTarget(Kill.KillScope.of(members.text("scope")), members.text("name"));
        String id = members.text("kill");
        String by = members.optionalText("peer").orElse("");
        kills.put(target, new Kill(id, target, members.optionalText("reason").orElse(""), by, receipt.at()));
        end(members, target.equals(Kill.KillTarget.EVERYTHING) ? "leases" : "runs");
    }

    private void end(Json.Members members, String list) {
        String reason = members.optionalText("reason").orElse("");
        members.texts(list).forEach(lease -> ends.put(lease, reason));
    }

    /** Returns whether what {@code intent} destroyed may still be frozen. */
    boolean mayFreeze(Receipt intent) {
        return !undone.contains(intent.id()) && !lifted.contains(intent.id());
    }

    /** Returns the calls that were released and may still count against a limit. */
    List<Receipt> released() {
        return new ArrayList<>(recent.values());
    }

    /** Returns the leases that ended. */
    Set<String> endedLeases() {
        return new LinkedHashSet<>(ends.keySet());
    }
}
