package dev.interlock.confirm;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.util.ArrayList;
import java.util.List;

/** Arrays of strings. */
final class Texts {

    private Texts() {}

    static List<String> of(List<Json> items) {
        List<String> texts = new ArrayList<>();
        for (Json item : items) {
            if (!(item instanceof Json.Text text)) {
                throw new MalformedException("an array holds something that is not a string");
            }
            texts.add(text.value());
        }
        return texts;
    }
}
