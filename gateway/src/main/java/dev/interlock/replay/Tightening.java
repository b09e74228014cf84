package dev.interlock.replay;

import dev.interlock.action.Resource;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.identity.Kill;
import dev.interlock.limits.Freezes;
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

    /** What calls may have destroyed, by their intents, unless they failed. */
    private final Map<String, LostResources> destroyed = new LinkedHashMap<>();

    /** Calls that may have to be frozen or counted, and whose texts are erased. */
    final List<String> erased = new ArrayList<>();

    /** The grants that calls went by, by their intents. */
    final Map<String, String> grantUses = new LinkedHashMap<>();
    /** Intents that a limit may still count, the oldest first. */
    private final LinkedHashMap<String, Receipt> recent = new LinkedHashMap<>();

    /** Calls to which an upstream answered: what they needed of the store was committed before. */
    private final Set<String> answered = new HashSet<>();

    private final Set<String> undone = new HashSet<>();
    private final Set<String> unsent = new HashSet<>();

    private final Set<String> lifted = new HashSet<>();

    /** What one call may have destroyed. */
    record LostResources(Set<Resource> resources, String agent, String person) {}

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

    /** Takes a receipt of a ledger that may be younger than the store. */
    void take(Receipt receipt) {
        try {
            accept(receipt);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the store is older than the ledger, and the receipt `" + receipt.id()
                            + "` cannot be read to restore what it says (" + e.getMessage()
                            + "): start once with the version that wrote it",
                    e);
        }
    }

    /** Takes what was taken of another ledger, as if it came after this one. */
    void add(Tightening other) {
        other.kills.values().forEach(this::add);
        liftedKills.addAll(other.liftedKills);
        ends.putAll(other.ends);
        machines.putAll(other.machines);
        seal = Math.max(seal, other.seal);
        denials.putAll(other.denials);
        revokedGrants.putAll(other.revokedGrants);
        revokedPasskeys.putAll(other.revokedPasskeys);
        uses.putAll(other.uses);
        destroyed.putAll(other.destroyed);
        grantUses.putAll(other.grantUses);
        recent.putAll(other.recent);
        answered.addAll(other.answered);
        undone.addAll(other.undone);
        lifted.addAll(other.lifted);
        unsent.addAll(other.unsent);
        unsent.forEach(this::forget);
        while (recent.size() > MAX_RECENT) {
            recent.pollFirstEntry();
        }
    }

    private void add(Kill kill) {
        kills.merge(kill.target(), kill, (one, other) -> one.id().compareTo(other.id()) > 0 ? one : other);
    }

    /** Forgets an intent whose call was not sent. */
    private void forget(String intent) {
        uses.remove(intent);
        grantUses.remove(intent);
        destroyed.remove(intent);
        recent.remove(intent);
    }

    private void intent(Receipt intent) {
        if (unsent.contains(intent.id())) {
            return;
        }
        if (intent.hold().isPresent() && intent.members().get("confirmation").isPresent()) {
            uses.put(intent.id(), intent);
        }
        intent.members().optionalText("grant").ifPresent(grant -> grantUses.put(intent.id(), grant));
        Set<Resource> lost = SealedTexts.number(intent).isEmpty() ? Freezes.frozenBy(intent) : Set.of();
        if (!lost.isEmpty()) {
            destroyed.put(
                    intent.id(),
                    new LostResources(
                            lost,
                            intent.members().text("agent"),
                            intent.members().text("person")));
        }
        if (counts.test(intent)) {
            recent.put(intent.id(), intent);
            if (recent.size() > MAX_RECENT) {
                recent.pollFirstEntry();
            }
        }
    }

    private void ended(Receipt outcome, String intent) {
        Receipt.Result result = outcome.result().orElse(Receipt.Result.UNKNOWN);
        boolean isAnswered = outcome.members().get("answer").isPresent();
        if (result == Receipt.Result.REFUSED) {
            uses.remove(intent); // another copy used the hold
            grantUses.remove(intent);
            destroyed.remove(intent);
        }
        if (result == Receipt.Result.FAILED) {
            undone.add(intent);
        }
        if (result == Receipt.Result.REFUSED || (result == Receipt.Result.FAILED && !isAnswered)) {
            recent.remove(intent);
        }
        if (isAnswered) {
            answered.add(intent);
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
        add(new Kill(id, target, members.optionalText("reason").orElse(""), by, receipt.at()));
        end(members, target.equals(Kill.KillTarget.EVERYTHING) ? "leases" : "runs");
    }

    /** What another gateway found of a call: of one that was not sent, in whichever log comes first, nothing counts. */
    private void close(Json.Members members) {
        if (members.optionalText("outcome").equals(Optional.of(Receipt.Result.REFUSED.word()))) {
            String intent = members.text("closed");
            unsent.add(intent);
            forget(intent);
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

    /** Returns what was destroyed and is to be frozen, by the intents. */
    Map<String, LostResources> destroyed() {
        Map<String, LostResources> frozen = new LinkedHashMap<>(destroyed);
        frozen.keySet().removeIf(intent -> undone.contains(intent) || lifted.contains(intent));
        return frozen;
    }

    /** Returns whether an upstream answered to the call of {@code intent}, so that no crash came before. */
    boolean isAnswered(String intent) {
        return answered.contains(intent);
    }

    /** Returns the calls that were released and may still count against a limit. */
    List<Receipt> released() {
        return new ArrayList<>(recent.values());
    }
}
