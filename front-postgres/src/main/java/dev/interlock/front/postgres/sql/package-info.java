/**
 * Reads texts in SQL by PostgreSQL's own grammar, and says what each statement does at most. Start at
 * {@link dev.interlock.front.postgres.sql.SqlReader}. It knows no server: what names stand for is asked elsewhere.
 */
@NullMarked
package dev.interlock.front.postgres.sql;

import org.jspecify.annotations.NullMarked;
