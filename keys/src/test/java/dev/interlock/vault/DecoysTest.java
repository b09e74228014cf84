package dev.interlock.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecoysTest {

    private static final MaskedCredential MASKED =
            new MaskedCredential("railway-token", new Secret("masked-token-of-the-workspace"));

    private final Decoys decoys = new Decoys(new SecureRandom());

    @Test
    void everyPlantedFileIsKnownByItsOwnersNameUntilThePlaceIsGone() {
        List<Decoys.PlantedFile> planted = decoys.plant("place", "jer/cursor (L-1)");
        assertThat(planted).hasSize(3).allSatisfy(file -> {
            assertThat(file.path()).doesNotStartWith("/").doesNotContain("..");
            assertThat(decoys.traces()
                            .find(file.content().getBytes(StandardCharsets.UTF_8))
                            .decoys())
                    .singleElement()
                    .asString()
                    .startsWith("decoy-")
                    .endsWith("of jer/cursor (L-1)");
        });
        decoys.plant("other", "jer/claude (L-2)");
        decoys.forget("place");
        assertThat(planted)
                .allSatisfy(file ->
                        assertThat(decoys.nameOf(new Secret(file.content()))).isEmpty());
        assertThat(decoys.plant("place", "again")).isNotEqualTo(planted);
    }

    @Test
    void decoyIsKnownByWhatATokenIsSentIn() {
        decoys.add("place", "jer/cursor (L-1)", List.of(MASKED));
        assertThat(decoys.nameOf(new Secret("Bearer masked-token-of-the-workspace")))
                .hasValueSatisfying(name -> assertThat(name).startsWith("decoy-masked-1 of jer/cursor"));
        assertThat(decoys.nameOf(new Secret("another-token-of-the-workspace"))).isEmpty();
    }

    @Test
    void whatADecoyStandsForIsKnownAtItsOwnPlaceAlone() {
        decoys.add("place", "jer/cursor (L-1)", List.of(MASKED));
        String planted =
                decoys.plant("place", "jer/cursor (L-1)").getLast().content().strip();
        assertThat(decoys.maskedKind("place", MASKED.decoy())).contains("railway-token");
        assertThat(decoys.maskedKind("other", MASKED.decoy())).isEmpty();
        assertThat(decoys.maskedKind("place", new Secret("x masked-token-of-the-workspace")))
                .isEmpty();
        assertThat(decoys.maskedKind("place", new Secret(planted))).isEmpty();
        decoys.forget("place");
        assertThat(decoys.maskedKind("place", MASKED.decoy())).isEmpty();
    }

    @Test
    void placeHasNoMoreThanAnybodyCanUse() {
        List<MaskedCredential> many = Collections.nCopies(Decoys.MOST + 1, MASKED);
        assertThatThrownBy(() -> decoys.add("place", "x", many)).isInstanceOf(IllegalArgumentException.class);
    }
}
