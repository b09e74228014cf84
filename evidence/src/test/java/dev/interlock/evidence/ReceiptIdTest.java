package dev.interlock.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares the form of an id with the expression that describes it. */
class ReceiptIdTest {

    private static final Pattern FORM = Pattern.compile("R-[0-7][0-9A-HJKMNP-TV-Z]{25}");

    private static final String GOOD = "R-01JDAB" + "0".repeat(20);

    @Test
    void anIdHasTheFormOfAUlid() {
        long seed = Long.getLong("interlock.seed", new Random().nextInt());
        Random random = new Random(seed);
        assertThat(Receipt.isId(GOOD)).isTrue();
        for (int i = 0; i < 20_000; i++) {
            StringBuilder id = new StringBuilder(GOOD);
            for (int changes = random.nextInt(3); changes >= 0; changes--) {
                id.setCharAt(random.nextInt(id.length()), (char) random.nextInt(0x100));
            }
            id.setLength(random.nextInt(9) == 0 ? random.nextInt(40) : id.length());
            assertThat(Receipt.isId(id.toString()))
                    .as("seed %d: `%s`", seed, id)
                    .isEqualTo(FORM.matcher(id).matches());
        }
    }

    @Test
    void everyCharacterIsAllowedOrNotAtEveryPlace() {
        for (int place = 0; place < GOOD.length(); place++) {
            for (char c = 0; c < 0x180; c++) {
                StringBuilder id = new StringBuilder(GOOD);
                id.setCharAt(place, c);
                assertThat(Receipt.isId(id.toString()))
                        .isEqualTo(FORM.matcher(id).matches());
            }
        }
    }
}
