package dev.interlock.vault;

import dev.interlock.action.Impact;
import dev.interlock.action.Seal.CredentialSlot;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The part of a seal's payload about one upstream's credentials, which go to {@code address} alone, read by the vault
 * itself; {@code resolver} is the slot with which the gateway itself queries.
 */
record SealedUpstream(String name, URI address, List<CredentialSlot> slots, Optional<CredentialSlot> resolver) {

    private static final Set<String> SLOT_MEMBERS = Set.of("environments", "impacts", "header", "scheme");
    private static final String FIELD_NAME = "[a-z0-9!#$%&'*+.^_`|~-]+"; // RFC 9110 §5.6.2, lower case
    private static final String SCHEME = "[A-Za-z0-9!#$%&'*+.^_`|~-]*";

    SealedUpstream {
        slots = List.copyOf(slots);
    }

    static SealedUpstream read(String name, Json.Members upstream, Collection<String> environments) {
        Optional<String> resolver = upstream.optionalText("resolver");
        List<CredentialSlot> slots = new ArrayList<>();
        upstream.object("credentials").members().forEach((slot, value) -> slots.add(slot(slot, value, environments)));
        return new SealedUpstream(
                name,
                address(upstream.text("address"), slots),
                slots,
                slots.stream()
                        .filter(slot -> resolver.equals(Optional.of(slot.name())))
                        .findFirst());
    }

    boolean isOpenToAll() {
        return slots.isEmpty();
    }

    /**
     * Returns the slots that cover an attempt. The one for its strongest change covers the milder parts:
     * {@code destroy} covers {@code execute} and {@code privilege}, these cover {@code write}, and all cover
     * {@code read}. The resolver's is left out: no attempt uses it.
     */
    List<CredentialSlot> covering(Set<Impact> impacts, Set<String> environments) {
        Set<Impact> needed = strongest(impacts);
        return slots.stream()
                .filter(slot -> !resolver.equals(Optional.of(slot)))
                .filter(slot -> slot.impacts().containsAll(needed))
                .filter(slot -> slot.environments().containsAll(environments))
                .toList();
    }

    private static Set<Impact> strongest(Set<Impact> impacts) {
        Set<Impact> strongest = EnumSet.copyOf(impacts);
        boolean grave = !Collections.disjoint(impacts, Set.of(Impact.DESTROY, Impact.EXECUTE, Impact.PRIVILEGE));
        if (impacts.contains(Impact.DESTROY)) {
            strongest.removeAll(Set.of(Impact.EXECUTE, Impact.PRIVILEGE));
        }
        if (grave) {
            strongest.remove(Impact.WRITE);
        }
        if (grave || impacts.contains(Impact.WRITE)) {
            strongest.remove(Impact.READ);
        }
        return strongest;
    }

    private static CredentialSlot slot(String name, Json value, Collection<String> known) {
        if (!(value instanceof Json.Members slot)
                || !SLOT_MEMBERS.containsAll(slot.members().keySet())) {
            throw new MalformedException("a credential of the seal has members unknown to the vault");
        }
        Set<String> environments = new TreeSet<>(slot.texts("environments"));
        Set<Impact> impacts = EnumSet.noneOf(Impact.class);
        slot.texts("impacts").forEach(word -> impacts.add(Impact.of(word)));
        String header = slot.text("header");
        String scheme = slot.optionalText("scheme").orElse("");
        boolean named = StoreDirectory.isSlotName(name) && header.matches(FIELD_NAME) && scheme.matches(SCHEME);
        boolean bounded = known.containsAll(environments) && !impacts.contains(Impact.UNKNOWN);
        if (!named || !bounded || environments.isEmpty() || impacts.isEmpty()) {
            throw new MalformedException("the vault cannot use a credential of the seal");
        }
        return new CredentialSlot(name, environments, impacts, header, scheme);
    }

    /** One that stands for every host names none, and so it has no credentials. */
    private static URI address(String text, List<CredentialSlot> slots) {
        URI address = URI.create(text);
        if ((address.getHost() == null && !slots.isEmpty()) || address.getRawUserInfo() != null) {
            throw new MalformedException("an upstream with credentials has no host in its address");
        }
        return address;
    }
}
