package dev.interlock.confirm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.testing.TestingWorld;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A display that cannot lie. */
final class RenderingTest {

    @TempDir
    Path directory;

    private String shown(String volume) {
        try (Room room = new Room(directory, new TestingWorld())) {
            String hold = room.park(TestingWorld.deletion(volume, "production"), Room.owners(1))
                    .id();
            return room.people.show(room.seal, hold).orElseThrow().text();
        }
    }

    @Test
    void keepsFactsApartFromClaims() {
        String text = shown("vol_1");
        int known = text.indexOf("What this does (known)");
        int claimed = text.indexOf("What the agent claims (not checked)");
        assertThat(text.substring(known, claimed)).contains("railway:volume/vol_1 in production (resolved)");
        assertThat(text.substring(known, claimed)).doesNotContain("argument.volumeId");
        assertThat(text.substring(claimed)).contains("argument.volumeId = vol_1 (claimed)");
    }

    /** Both ends of a hold, by different names, and no promise to show what is not shown. */
    @Test
    void tellsItsEndsApartAndWhatItLeavesOut() {
        assertThat(shown("vol_1"))
                .contains("sign by         2026-11-20T09:00:00Z\n")
                .contains("usable until    15 minutes after")
                .contains("2026-11-20T09:15:00Z at the latest")
                .contains("The request, without its body")
                .doesNotContain("whole")
                .doesNotContain("expires");
    }

    @Test
    void showsWhatTerminalsHide() {
        String text = shown("vol\u202e1\u0000\u200b\r\n  known: harmless\u0430\u001b[2J");
        assertThat(text).contains("vol\\u{202e}1\\u{0}\\u{200b}\\u{d}\\u{a}  known: harmless\\u{430}\\u{1b}[2J");
        assertThat(text.lines()).noneMatch(line -> line.strip().startsWith("known: harmless"));
    }

    @Test
    void cutsNothingOff() {
        String id = "v".repeat(700);
        assertThat(shown(id)).contains("railway:volume/" + id + " in production");
    }

    @Test
    void visibleTextIsPlainAndDifferentTextsStayDifferent() {
        long seed = System.nanoTime();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < 2000; i++) {
            String a = random.ints(6, 0, 0x300).mapToObj(Character::toString).collect(Collectors.joining());
            String visible = Visible.text(a);
            assertThat(Visible.again(visible)).as("seed " + seed).isEqualTo(visible);
            assertThat(hidden(visible)).as("seed " + seed).isEqualTo(a);
        }
    }

    /** The inverse of {@link Visible#text}: that there is one shows that no two texts look alike. */
    private static String hidden(String visible) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < visible.length(); i++) {
            if (visible.charAt(i) != '\\') {
                text.append(visible.charAt(i));
            } else if (visible.charAt(i + 1) == '\\') {
                text.append('\\');
                i++;
            } else {
                int end = visible.indexOf('}', i);
                text.appendCodePoint(Integer.parseInt(visible.substring(i + 3, end), 16));
                i = end;
            }
        }
        return text.toString();
    }

    @Test
    void aDigestHasWordsOfItsOwn() {
        String one = DigestWords.of(Bytes.utf8("one").sha256());
        assertThat(one).matches("([bdfghjklmnprstvz][aiou]){2}[bdfghjklmnprstvz](-[a-z]{5}){7}");
        assertThat(DigestWords.of(Bytes.utf8("two").sha256())).isNotEqualTo(one);
    }
}
