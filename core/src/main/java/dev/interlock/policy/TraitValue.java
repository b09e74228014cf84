package dev.interlock.policy;

import com.cedarpolicy.value.CedarList;
import com.cedarpolicy.value.CedarMap;
import com.cedarpolicy.value.PrimBool;
import com.cedarpolicy.value.PrimLong;
import com.cedarpolicy.value.PrimString;
import com.cedarpolicy.value.Value;
import dev.interlock.evidence.Json;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** The value of a {@link Trait}. Both the Cedar request and the cache key are made from it. */
sealed interface TraitValue {

    record TextValue(String text) implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            return Optional.of(new PrimString(text));
        }

        @Override
        public void write(StringBuilder key) {
            // The length comes first, so that no text can look like the end of one and the start of another.
            key.append(text.length()).append(':').append(text);
        }

        /** Cedar reads half a surrogate pair as U+FFFD, so it treats texts as equal that we treat as different. */
        @Override
        public boolean isWellFormed() {
            return Json.Text.isScalar(text);
        }
    }

    record FlagValue(boolean set) implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            return Optional.of(new PrimBool(set));
        }

        @Override
        public void write(StringBuilder key) {
            key.append(set ? '+' : '-');
        }
    }

    record AmountValue(long number) implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            return Optional.of(new PrimLong(number));
        }

        @Override
        public void write(StringBuilder key) {
            key.append(number).append(';');
        }
    }

    record TextsValue(Collection<String> texts) implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            return Optional.of(
                    new CedarList(texts.stream().<Value>map(PrimString::new).toList()));
        }

        @Override
        public void write(StringBuilder key) {
            key.append(texts.size()).append('#');
            texts.forEach(text -> new TextValue(text).write(key));
        }

        @Override
        public boolean isWellFormed() {
            return texts.stream().allMatch(text -> new TextValue(text).isWellFormed());
        }
    }

    record RecordValue(SortedMap<String, String> members) implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            Map<String, Value> values = new HashMap<>();
            members.forEach((name, text) -> values.put(name, new PrimString(text)));
            return Optional.of(new CedarMap(values));
        }

        @Override
        public void write(StringBuilder key) {
            new TextsValue(members.keySet()).write(key);
            new TextsValue(members.values()).write(key);
        }

        @Override
        public boolean isWellFormed() {
            return new TextsValue(members.keySet()).isWellFormed() && new TextsValue(members.values()).isWellFormed();
        }
    }

    record AmountsValue(SortedMap<String, Long> members) implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            Map<String, Value> values = new HashMap<>();
            members.forEach((name, number) -> values.put(name, new PrimLong(number)));
            return Optional.of(new CedarMap(values));
        }

        @Override
        public void write(StringBuilder key) {
            new TextsValue(members.keySet()).write(key);
            members.values().forEach(number -> new AmountValue(number).write(key));
        }
    }

    record AbsentValue() implements TraitValue {
        @Override
        public Optional<Value> cedar() {
            return Optional.empty();
        }

        @Override
        public void write(StringBuilder key) {
            key.append('?');
        }
    }

    /** Returns the value as sent to Cedar; empty if the attribute is left out. */
    Optional<Value> cedar();

    void write(StringBuilder key);

    /** Returns whether Cedar reads it as we do. */
    default boolean isWellFormed() {
        return true;
    }
}
