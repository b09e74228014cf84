package dev.interlock.readiness;

import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.vault.Store;
import dev.interlock.vault.Vault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The seal's slots compared with the vault's contents: which have no secret, and which are not separate. No secret is
 * opened for that.
 *
 * @param missing the names of the slots without a secret in the store that the seal names
 * @param unseparated sentences about slots that share a secret, or are for too much
 */
record SlotReport(Set<String> missing, List<String> unseparated) {

    /** Compares the slots of {@code seal} with those that hold a secret. */
    static SlotReport of(Seal seal, Collection<Vault.FilledSlot> held) {
        Set<String> guarded = seal.environments().values().stream()
                .filter(Seal.Environment::isProtected)
                .map(Seal.Environment::name)
                .collect(Collectors.toSet());
        Map<String, Vault.FilledSlot> filled = new HashMap<>();
        held.forEach(slot -> filled.put(slot.name(), slot));
        Set<String> missing = new TreeSet<>();
        List<String> unseparated = new ArrayList<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            for (Seal.CredentialSlot slot : upstream.credentials()) {
                Store store = Store.of(slot.impacts(), slot.environments(), guarded);
                Vault.FilledSlot secret = filled.get(slot.name());
                if (secret == null || secret.store() != store) {
                    missing.add(slot.name());
                } else {
                    unseparated.addAll(shared(upstream, slot, secret));
                }
                if (slot.impacts().contains(Impact.DESTROY) && slot.impacts().size() > 1) {
                    unseparated.add("`" + slot.name()
                            + "` is for `destroy` and more: the rest opens it without a confirmation");
                }
            }
        }
        return new SlotReport(missing, unseparated);
    }

    /** Returns a sentence for each slot after {@code slot} by name that has the same secret for something else. */
    private static List<String> shared(Seal.Upstream upstream, Seal.CredentialSlot slot, Vault.FilledSlot secret) {
        return upstream.credentials().stream()
                .filter(other ->
                        secret.same().contains(other.name()) && slot.name().compareTo(other.name()) < 0)
                .filter(other -> !other.impacts().equals(slot.impacts())
                        || !other.environments().equals(slot.environments()))
                .map(other -> "`" + slot.name() + "` and `" + other.name() + "` hold the same secret")
                .toList();
    }
}
