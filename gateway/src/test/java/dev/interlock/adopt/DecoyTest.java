package dev.interlock.adopt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DecoyTest {

    private static final long SEED = Long.getLong("interlock.seed", 20261120);

    private final Kinds kinds = Kinds.known();
    private final Scan scan = new Scan(kinds.kinds(), new Sieve(kinds.kinds()));
    private final Random random = new Random(SEED);

    /** Believable is what our own scanner, which knows the forms, takes for the same kind at the same place. */
    @Test
    void aDecoyOfEveryKindPassesForOneAndIsNotIt() {
        List<String> wrong = new ArrayList<>();
        for (Corpus.Labelled one : new Corpus(SEED).positives()) {
            Sighting original = sightings(one.text(), one).getFirst();
            String decoy = Decoy.of(original.kind(), original.secret(), random).use(text -> text);
            String before = original.secret().use(text -> text);
            assertThat(decoy)
                    .as("seed %s, %s", SEED, one.label())
                    .hasSameSizeAs(before)
                    .isNotEqualTo(before);
            boolean passes = sightings(one.text().replace(before, decoy), one).stream()
                    .anyMatch(planted ->
                            planted.kind().id().equals(original.kind().id()) && planted.offset() == original.offset());
            if (!passes) {
                wrong.add(one.label());
            }
        }
        assertThat(wrong).as("seed %s", SEED).isEmpty();
    }

    @Test
    void nothingButTheFormIsKept() {
        Kind kind = kinds.kinds().stream()
                .filter(one -> one.id().equals("github-token"))
                .findFirst()
                .orElseThrow();
        String original = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5";
        String decoy = Decoy.of(kind, new Secret(original), random).use(text -> text);
        long same = 0;
        for (int i = 4; i < original.length(); i++) {
            same += original.charAt(i) == decoy.charAt(i) ? 1 : 0;
        }
        assertThat(decoy).startsWith("ghp_");
        assertThat(same).as("seed %s", SEED).isLessThan(12);
    }

    private List<Sighting> sightings(String text, Corpus.Labelled one) {
        try {
            return scan.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), one.name());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
