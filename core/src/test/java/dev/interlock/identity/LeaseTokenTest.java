package dev.interlock.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LeaseTokenTest {

    private static final Pattern ANYWHERE = Pattern.compile("(?=(ilk_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]))");

    /** One may begin within another, at the end, and beside what is cut. */
    @Test
    void everyTokenOfATextIsFound() {
        long seed = RandomGenerator.getDefault().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 2000; i++) {
            StringBuilder text = new StringBuilder();
            while (text.length() < 300) {
                String token = LeaseToken.make(random).use(whole -> whole);
                switch (random.nextInt(4)) {
                    case 0 -> text.append(token);
                    case 1 -> text.append(token, 0, random.nextInt(token.length()));
                    case 2 -> text.append("ilk_");
                    default -> text.append((char) random.nextInt(256));
                }
            }
            List<String> found = LeaseToken.in(text.toString().getBytes(StandardCharsets.ISO_8859_1))
                    .map(secret -> secret.use(whole -> whole))
                    .toList();
            assertThat(found)
                    .as("seed %d", seed)
                    .isEqualTo(ANYWHERE.matcher(text)
                            .results()
                            .map(one -> one.group(1))
                            .toList());
        }
    }
}
