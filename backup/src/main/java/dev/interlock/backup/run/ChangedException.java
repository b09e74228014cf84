package dev.interlock.backup.run;

import java.util.List;

/** Reports that a source changed while it was copied. */
public final class ChangedException extends BackupException {

    private static final long serialVersionUID = 1L;

    /** Maximum of names in a message. More would help nobody. */
    private static final int MAX_TOLD = 8;

    /** @param names the changed items, at least one */
    public ChangedException(List<String> names) {
        super("it changed while it was copied: `"
                + String.join("`, `", names.subList(0, Math.min(names.size(), MAX_TOLD)))
                + (names.size() > MAX_TOLD ? "` and more" : "`"));
    }
}
