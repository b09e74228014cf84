package dev.interlock.action;

import dev.interlock.evidence.Keyword;

/** What starter policies treat with special care, as a catalog says of an operation under {@code about}. */
public enum OperationTopic implements Keyword {
    /** It takes away backups, after which data is lost more easily. */
    BACKUPS,
    /** It reads logs, in which an application may have written secrets. */
    LOGS,
    /** It reads files, and does not name them: by a digest, or in an archive. */
    FILES,
    /** Its answer shows what files hold beside their names, as a diff does. It is screened by these names. */
    NAMED_FILES,
    /** What it takes as a path or a file names none, or it shows nothing that the file holds. */
    NO_FILES
}
