package dev.interlock.connect;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Fuzzes settings files: a file is understood and restored to the character, or left alone. */
class JsonSettingsFuzzTest {

    private static final List<SettingMember> WANTED =
            List.of(SettingMember.of("x", "a"), SettingMember.of(true, "b", "c", "d"), SettingMember.of("y", "b", "e"));

    @FuzzTest(maxDuration = "30s")
    void settings(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        try {
            JsonSettings settings = new JsonSettings(input.length % 2 == 0);
            JsonSettings.EditedSettings edited = settings.with(text, WANTED);
            if (!settings.with(edited.text(), WANTED).differences().isEmpty()) {
                throw new AssertionError("what was written does not stand");
            }
            String back = edited.text();
            for (TextEdit splice : edited.splices().reversed()) {
                back = splice.back().in(back);
            }
            if (!back.equals(text)) {
                throw new AssertionError("the way back leads elsewhere");
            }
        } catch (UnsupportedSettingsException e) {
            // Left alone.
        }
    }
}
