package dev.interlock.replay;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.identity.Kill;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Everything in stretches of ledgers that tightens and was not undone later. It takes the receipts of each ledger in
 * order, and the ledgers one after the other.
 */
final class Tightening implements Consumer<Receipt> {

    /**
     * Maximum calls that are remembered for limits: twice what a limit reads before it refuses by itself. Only the
     * youngest matter then, and a new store beside a large ledger must not fill the memory.
     */
    private static final int MAX_RECENT = 100_000;

    private final Predicate<Receipt> counts;
    private final Map<Kill.KillTarget, Kill> kills = new LinkedHashMap<>();
    /** Kills are lifted at any gateway, so that the lift can be in a log that is read before the kill's. */
    private final Set<String> liftedKills = new HashSet<>();
    /** The reasons for which leases ended, by the lease. */
    final Map<String, String> ends = new LinkedHashMap<>();
    /** The reasons for which remote machines ended, by the machine. */
    final Map<String, String> machines = new LinkedHashMap<>();

    /** The highest sequence of a seal; 0 if none was put in force. */
    private long seal;

    final Map<String, Json.Members> denials = new LinkedHashMap<>();
    final Map<String, Json.Members> revokedGrants = new LinkedHashMap<>();
    final Map<String, Json.Members> revokedPasskeys = new LinkedHashMap<>();
    /** The receipts that used holds, by their ids: confirmed intents, and grants of elevations. */
    final Map<String, Receipt> uses = new LinkedHashMap<>();

    /** Calls that may have to be frozen or counted, and whose texts are erased. */
    final List<String> erased = new ArrayList<>();

    private final Map<String, String> grantUses = new LinkedHashMap<>();
    /** Intents that a limit may still count, the oldest first. */
    private final LinkedHashMap<String, Receipt> recent = new LinkedHashMap<>();

    private final Set<String> undone = new HashSet<>();
    private final Set<String> unsent = new HashSet<>();

    private final Set<String> lifted = new HashSet<>();

    /** @param counts tells whether a limit may still count an intent */
    Tightening(Predicate<Receipt> counts) {
        this.counts = counts;
    }

    @Override
    public void accept(Receipt receipt) {
        switch (receipt.kind()) {
            case ADMIN -> act(receipt);
            case INTENT -> intent(receipt);
            case OUTCOME -> receipt.intent().ifPresent(intent -> ended(receipt, intent));
            case REFUSED, HELD -> {}
        }
    }

    private void intent(Receipt intent) {
        if (unsent.contains(intent.id())) {
            return;
        }
        if (intent.hold().isPresent() && intent.members().get("confirmation").isPresent()) {
            uses.put(intent.id(), intent);
        }
        intent.members().optionalText("grant").ifPresent(grant -> grantUses.put(intent.id(), grant));
        if (counts.test(intent)) {
            recent.put(intent.id(), intent);
            if (recent.size() > MAX_RECENT) {
                recent.pollFirstEntry();
            }
        }
    }

    private void ended(Receipt outcome, String intent) {
        Receipt.Result result = outcome.result().orElse(Receipt.Result.UNKNOWN);
        if (result == Receipt.Result.REFUSED) {
            uses.remove(intent); // another copy used the hold
            grantUses.remove(intent);
        }
        if (result == Receipt.Result.FAILED && uses.containsKey(intent)) {
            undone.add(intent);
        }
        boolean isUnsent = result == Receipt.Result.FAILED
                && outcome.members().get("answer").isEmpty();
        if (result == Receipt.Result.REFUSED || isUnsent) {
            recent.remove(intent);
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
            case "kill.lift" -> liftedKills.add(members.text("kill"));
            case "lease.revoke", "run.close", "run.lost", "decoy.kill" -> end(members, "leases");
            case "remote.end" -> {
                machines.put(
                        members.text("machine"), members.optionalText("reason").orElse(""));
                end(members, "leases");
            }
            case "freeze.lift" -> members.optionalText("intent").ifPresent(lifted::add);
            case "hold.deny" -> members.optionalText("hold").ifPresent(hold -> denials.put(hold, members));
            case "grant.revoke" -> members.optionalText("grant").ifPresent(grant -> revokedGrants.put(grant, members));
            case "passkey.revoke" ->
                members.optionalText("passkey").ifPresent(key -> revokedPasskeys.put(key, members));
            case "fleet.close" -> close(members);
            case "seal.adopt" -> {
                if (members.get("sequence").isPresent()) { // or it is an order, which may have been rejected
                    seal = Math.max(seal, members.whole("sequence"));
                }
            }
            case "elevation.give" -> members.optionalText("hold").ifPresent(_ -> uses.put(receipt.id(), receipt));
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
        kills.merge(
                target,
                new Kill(id, target, members.optionalText("reason").orElse(""), by, receipt.at()),
                (one, other) -> one.id().compareTo(other.id()) > 0 ? one : other);
        end(members, target.equals(Kill.KillTarget.EVERYTHING) ? "leases" : "runs");
    }

    /** What another gateway found of a call: of one that was not sent, in whichever log comes first, nothing counts. */
    private void close(Json.Members members) {
        if (members.optionalText("outcome").equals(Optional.of(Receipt.Result.REFUSED.word()))) {
            String intent = members.text("closed");
            unsent.add(intent);
            uses.remove(intent);
            grantUses.remove(intent);
            recent.remove(intent);
        }
    }

    private void end(Json.Members members, String list) {
        String reason = members.optionalText("reason").orElse("");
        members.texts(list).forEach(lease -> ends.put(lease, reason));
    }

    long seal() {
        return seal;
    }

    /** Returns the last kill of each target, unless people have lifted it. */
    List<Kill> kills() {
        return kills.values().stream()
                .filter(kill -> !liftedKills.contains(kill.id()))
                .toList();
    }

    /** Returns whether what {@code intent} destroyed may still be frozen. */
    boolean mayFreeze(Receipt intent) {
        return !undone.contains(intent.id()) && !lifted.contains(intent.id());
    }

    /** Returns how many calls went by each grant. */
    Map<String, Integer> grantUses() {
        Map<String, Integer> uses = new LinkedHashMap<>();
        grantUses.values().forEach(grant -> uses.merge(grant, 1, Integer::sum));
        return uses;
    }

    /** Returns the calls that were released and may still count against a limit. */
    List<Receipt> released() {
        return new ArrayList<>(recent.values());
    }
}
