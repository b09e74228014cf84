package dev.interlock.connect;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Whatever a settings file holds: it is understood, and comes back to the character, or it is left alone. */
class JsonSettingsFuzzTest {

    private static final List<Member> WANTED =
            List.of(Member.of("x", "a"), Member.of(true, "b", "c", "d"), Member.of("y", "b", "e"));

    @FuzzTest(maxDuration = "30s")
    void settings(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        try {
            JsonSettings settings = new JsonSettings(input.length % 2 == 0);
            JsonSettings.Edited edited = settings.with(text, WANTED);
            if (!settings.with(edited.text(), WANTED).differences().isEmpty()) {
                throw new AssertionError("what was written does not stand");
            }
            String back = edited.text();
            for (Splice splice : edited.splices().reversed()) {
                back = splice.back().in(back);
            }
            if (!back.equals(text)) {
                throw new AssertionError("the way back leads elsewhere");
            }
        } catch (NotUnderstoodException e) {
            // Left alone.
        }
    }
}
