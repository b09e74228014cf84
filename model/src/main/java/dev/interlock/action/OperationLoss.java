package dev.interlock.action;

import dev.interlock.evidence.Keyword;

/** What an operation loses that destroys, as its catalog says under {@code loses}. */
public enum OperationLoss implements Keyword {
    /** Everything that it touches, with everything in and on it. Counts where a catalog says nothing. */
    EVERYTHING,
    /** The same, and what is in an environment that it names beside other resources. */
    ENVIRONMENT,
    /** What runs in a service, and nothing that is mounted there. */
    RUNNING,
    /** What it touches; that holds no data which a backup could bring back. */
    NO_DATA,
    /** Settings, and no data. */
    SETTINGS,
    /** The settings that create and retain backups. */
    PROTECTION,
    /** One backup. */
    BACKUP,
    /** The current data, replaced by that of a backup. */
    RESTORE;

    /** Returns whether the catalog says that no data is lost. */
    public boolean isWithoutData() {
        return this == NO_DATA || this == SETTINGS;
    }
}
