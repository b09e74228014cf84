package dev.interlock.evidence;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a statement's obligations require of its signers, read strictly: every quorum, somebody {@code other} than those
 * behind the lease, and the maximum age of a restored, separate backup, and a typed name.
 */
record ParsedObligations(List<Quorum> quorums, boolean other, Optional<Duration> backup, boolean typeName) {

    record Quorum(int count, String group) {

        static Quorum of(String text) {
            String[] parts = text.split(" of ", 2);
            boolean number = parts[0].matches("[1-9][0-9]?");
            if (parts.length != 2 || !number || parts[1].isBlank()) {
                throw new MalformedException("a quorum must be written as `2 of owners`");
            }
            return new Quorum(Integer.parseInt(parts[0]), parts[1]);
        }

        @Override
        public String toString() {
            return count + " of " + group;
        }
    }

    ParsedObligations {
        quorums = List.copyOf(quorums);
    }

    static ParsedObligations of(Json.Members obligations) {
        StrictFields fields = new StrictFields(obligations);
        ParsedObligations demands = new ParsedObligations(
                fields.texts("confirm").stream().map(Quorum::of).toList(),
                fields.flag("other"),
                fields.optionalCount("backup_seconds").map(Duration::ofSeconds),
                fields.flag("type_name"));
        fields.count("cooldown_seconds");
        fields.optionalCount("rows");
        fields.end();
        return demands;
    }
}
