package dev.interlock.readiness;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.backup.AttestationRegistry;
import dev.interlock.backup.RehearsalRegistry;
import dev.interlock.evidence.Json;
import dev.interlock.inventory.Inventory;
import dev.interlock.inventory.LossForecast;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The backups with a signed restore attestation, and which would be left after each way of losing their source. */
public record AttestedBackups(
        AttestationRegistry attestations, RehearsalRegistry rehearsals, Inventory inventory, InstantSource clock) {

    /** Writes attestations that could not be written when they were handed in. The failure was reported then. */
    public void settle() {
        List.<PendingWrite>of(attestations::writePending, rehearsals::settle).forEach(pending -> {
            try {
                pending.write();
            } catch (IOException e) {
                // The next run tries again.
            }
        });
    }

    private interface PendingWrite {
        void write() throws IOException;
    }

    /**
     * Returns what would be left of everything that holds data, after each way of losing it.
     *
     * @param at the time to judge, by what is known today; now unless given
     * @throws IllegalArgumentException if that time is yet to come
     */
    public Json.Members status(Seal seal, Optional<Instant> at) {
        Instant now = clock.instant();
        if (at.filter(now::isBefore).isPresent()) {
            throw new IllegalArgumentException("`" + at.get() + "` is yet to come");
        }
        Instant moment = at.orElse(now);
        // The clock of the machine that runs restore tests may be a little ahead. For now all of its attestations
        // count.
        RecoveryStatus.KnownRecords known = new RecordsUntil(attestations, rehearsals, at.orElse(Instant.MAX));
        Map<Resource, LossForecast> things = new TreeMap<>();
        List<String> notKnown = new ArrayList<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            LossForecast.LossForecasts found = at.map(
                            then -> inventory.forecast(seal, upstream, then, attestations.countedBackups(seal, then)))
                    .orElseGet(() -> inventory.forecast(seal, upstream));
            notKnown.addAll(found.notKnown());
            // A provider may have two accounts; the source of a plan lies in one of them.
            found.things()
                    .forEach(thing -> things.merge(
                            thing.placement().resource(),
                            thing,
                            (one, other) -> other.placement().known() ? other : one));
        }
        List<Json.Members> resources = things.values().stream()
                .map(thing -> new RecoveryStatus(seal, thing, known, moment).json())
                // Resources with a plan come first: somebody has promised to restore them.
                .sorted(Comparator.comparing(one -> one.texts("plans").isEmpty()))
                .toList();
        return Json.object()
                .with("now", moment.toString())
                .with("red", resources.stream().anyMatch(one -> one.flag("red")))
                .with("resources", new Json.Array(List.copyOf(resources)))
                .withTexts("expendable", seal.backups().expendable().stream().map(Resource::toString))
                .withTexts("not_known", notKnown);
    }

    private record RecordsUntil(AttestationRegistry attestations, RehearsalRegistry rehearsals, Instant moment)
            implements RecoveryStatus.KnownRecords {

        @Override
        public Optional<Instant> uncheckedSince(String plan) {
            return attestations.uncheckedSince(plan).filter(since -> !since.isAfter(moment));
        }

        @Override
        public Optional<String> moved(Seal seal, String plan) {
            return attestations.describeSourceChange(seal, plan, moment);
        }

        @Override
        public Collection<Json.Members> tried(String plan) {
            return by("tried_at", attestations.tried(plan));
        }

        @Override
        public Collection<Json.Members> rehearsals(Seal seal, String plan) {
            return by("practised_at", rehearsals.rehearsals(seal, plan));
        }

        private List<Json.Members> by(String member, Collection<Json.Members> all) {
            return all.stream()
                    .filter(said -> !Instant.parse(said.text(member)).isAfter(moment))
                    .toList();
        }
    }
}
