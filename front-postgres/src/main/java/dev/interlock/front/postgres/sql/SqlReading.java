package dev.interlock.front.postgres.sql;

import java.util.List;

/** What a text in SQL means. */
public sealed interface SqlReading {

    /** The statements of the text, in order; none if it is empty or a comment. */
    record ReadText(List<ReadStatement> statements) implements SqlReading {
        public ReadText {
            statements = List.copyOf(statements);
        }
    }

    /**
     * The text is not SQL as this grammar knows it, or it is not read at all.
     *
     * @param position the character at which it stops being SQL, from 1; 0 if it has none
     */
    record UnreadText(String reason, int position) implements SqlReading {}
}
