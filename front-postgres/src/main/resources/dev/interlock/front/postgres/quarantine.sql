-- Lets Interlock move dropped and truncated tables of one role where the agents' role cannot look, instead of losing them.
-- Run it once in each database, as a superuser, or as a role that may create roles and owns no tables.
BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp; -- in others an agent may have defined something
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'interlock_quarantine') THEN
        CREATE ROLE interlock_quarantine NOLOGIN;
    END IF;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO interlock_quarantine', current_database());
END $$;
GRANT interlock_quarantine TO CURRENT_USER;
CREATE SCHEMA interlock_quarantine AUTHORIZATION interlock_quarantine;
SET LOCAL ROLE interlock_quarantine;

-- What is kept, each in the schema `place`, to which nobody else has access. A place may be used again: `mark` tells moves apart.
CREATE TABLE interlock_quarantine.kept (
    place text PRIMARY KEY, mark text NOT NULL, is_copy boolean NOT NULL, origin text NOT NULL, tables oid[] NOT NULL, names text[] NOT NULL,
    counts bigint[] NOT NULL, until timestamptz NOT NULL, parts text NOT NULL, parents oid[] NOT NULL,
    parent_names text[] NOT NULL, links text[] NOT NULL);

-- All that goes if these tables are dropped.
CREATE FUNCTION interlock_quarantine.parts(oids oid[]) RETURNS TABLE (class oid, id oid) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE part(class, id) AS (
        SELECT 'pg_class'::regclass::oid, unnest(oids)
        UNION
        SELECT d.classid, d.objid FROM part p
        JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.id AND d.deptype IN ('a', 'i'))
    SELECT class, id FROM part
$$;

-- One text for what they consist of, columns included.
CREATE FUNCTION interlock_quarantine.whole(oids oid[]) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT md5(concat(
        (SELECT string_agg(p.class || '.' || p.id, ',' ORDER BY p.class, p.id) FROM interlock_quarantine.parts(oids) p),
        (SELECT string_agg(a.attrelid || '.' || a.attnum || '.' || a.atttypid || a.attname, ',' ORDER BY a.attrelid, a.attnum)
            FROM pg_attribute a WHERE a.attrelid = ANY (oids) AND a.attnum > 0)))
$$;

-- Whether rows can be written into these tables again as they are. It is done by the rights of this role, so that no code
-- of others may run then, which may stand behind operators and domains too.
CREATE FUNCTION interlock_quarantine.is_plain(oids oid[]) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = ANY (oids) AND (c.relispartition OR c.relhasrules))
        AND NOT EXISTS (SELECT FROM pg_trigger t
            WHERE t.tgrelid = ANY (oids) AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 4 <> 0)
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = ANY (oids) AND NOT k.convalidated)
        AND NOT EXISTS (SELECT FROM interlock_quarantine.parts(oids) p
            JOIN pg_depend d ON d.classid = p.class AND d.objid = p.id
            LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
            LEFT JOIN pg_type e ON e.oid = t.typelem
            WHERE p.class NOT IN ('pg_trigger'::regclass, 'pg_type'::regclass)
                AND (d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
                    OR coalesce(e.typtype, t.typtype) NOT IN ('b', 'e')))
$$;

-- What is kept, with its size, and whether it has been for as long as was said.
CREATE FUNCTION interlock_quarantine.held() RETURNS TABLE (place text, names text, until text, is_over boolean, bytes numeric) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.place, array_to_string(k.names, ', '), to_char(k.until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        k.until < now(), (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c
            WHERE c.relnamespace = to_regnamespace(k.place) AND c.relkind = 'r')
    FROM interlock_quarantine.kept k ORDER BY k.until
$$;

-- The next place for these tables; null if moving them would not be the same as dropping or emptying them, or would fill it up.
CREATE FUNCTION interlock_quarantine.place(is_emptied boolean, oids oid[]) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'interlock_quarantine_' || oids[1] || '_' || (
        SELECT coalesce(max(split_part(k.place, '_', 4)::int), 0) + 1 FROM interlock_quarantine.kept k
        WHERE starts_with(k.place, 'interlock_quarantine_' || oids[1] || '_'))
    WHERE (SELECT count(*) = cardinality(oids) AND count(DISTINCT c.relnamespace) = 1
                AND sum(CASE WHEN is_emptied THEN pg_table_size(c.oid) ELSE 0 END) < 134217728
            FROM pg_class c
            WHERE c.oid = ANY (oids) AND c.oid >= 16384 AND c.relkind = 'r' AND c.relpersistence <> 't'
                AND NOT c.relispartition AND NOT c.relhasrules AND NOT c.relforcerowsecurity
                AND pg_has_role(c.relowner, 'USAGE') AND has_schema_privilege(c.relnamespace, 'CREATE')
                AND has_schema_privilege(c.relnamespace, 'USAGE')
                AND NOT EXISTS (SELECT FROM pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
                AND NOT EXISTS (SELECT FROM pg_statistic_ext s WHERE s.stxrelid = c.oid)
                AND NOT EXISTS (SELECT FROM pg_publication_rel p WHERE p.prrelid = c.oid)
                AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
                AND NOT (is_emptied AND EXISTS (SELECT FROM pg_trigger t -- of truncations
                    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & 32 <> 0)))
        AND NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled <> 'D')
        AND (SELECT count(*) + cardinality(oids) <= 100 AND coalesce(sum(h.bytes), 0) -- tables in all, and bytes
                + (SELECT sum(pg_total_relation_size(o)) FROM unnest(oids) o) <= MOST_BYTES
            FROM interlock_quarantine.held() h)
        AND CASE WHEN is_emptied
            THEN NOT EXISTS (SELECT FROM pg_constraint k
                    WHERE k.contype = 'f' AND k.confrelid = ANY (oids) AND k.conrelid <> ALL (oids))
                AND NOT EXISTS (SELECT FROM pg_publication b WHERE b.puballtables) -- it would publish the copy
                AND interlock_quarantine.is_plain(oids)
            ELSE NOT EXISTS (SELECT FROM interlock_quarantine.parts(oids) p
                    JOIN pg_depend d ON d.refclassid = p.class AND d.refobjid = p.id AND d.deptype NOT IN ('a', 'i')
                    WHERE (d.classid, d.objid) NOT IN (SELECT q.class, q.id FROM interlock_quarantine.parts(oids) q))
                AND NOT EXISTS (SELECT FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
                    WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY (oids) AND k.confrelid <> ALL (oids)
                        AND (f.relkind <> 'r' OR NOT pg_has_role(f.relowner, 'USAGE')
                            OR NOT has_schema_privilege(f.relnamespace, 'USAGE')
                            OR obj_description(k.oid, 'pg_constraint') IS NOT NULL
                            OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'O')))
            END
$$;

-- Moves tables, or copies their rows and empties them, if they are exactly what was counted.
CREATE FUNCTION interlock_quarantine.take(
    is_emptied boolean, oids oid[], said text[], rows bigint[], at_place text, with_mark text, seconds bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off SET quote_all_identifiers = off AS $$
DECLARE
    named text := (SELECT string_agg(t::regclass::text, ', ') FROM unnest(oids) t);
    link record;
    n bigint;
    parents oid[] := '{}'; parent_names text[] := '{}'; links text[] := '{}';
BEGIN
    EXECUTE 'LOCK TABLE ' || named || ' IN ACCESS EXCLUSIVE MODE';
    IF current_setting('transaction_isolation') <> 'read committed'
        OR oids IS DISTINCT FROM ARRAY(SELECT to_regclass(s.n)::oid FROM unnest(said) WITH ORDINALITY s(n, o) ORDER BY s.o)
        OR interlock_quarantine.place(is_emptied, oids) IS DISTINCT FROM at_place THEN
        RAISE EXCEPTION 'the tables, or what hangs on them, have changed since they were counted';
    END IF;
    FOR i IN 1 .. cardinality(oids) LOOP
        EXECUTE format('SELECT count(*) FROM ONLY %s', oids[i]::regclass) INTO n;
        IF n IS DISTINCT FROM rows[i] THEN RAISE EXCEPTION 'the rows of % have changed since they were counted', said[i]; END IF;
    END LOOP;
    IF NOT is_emptied THEN
        BEGIN -- the server itself says whether it can be dropped
            EXECUTE 'DROP TABLE ' || named || ' RESTRICT';
            RAISE EXCEPTION USING ERRCODE = 'IQ000';
        EXCEPTION WHEN SQLSTATE 'IQ000' THEN NULL;
        END;
    END IF;
    EXECUTE format('CREATE SCHEMA %I', at_place);
    FOR link IN
        SELECT k.conname, k.confrelid, k.conrelid::regclass::text AS child, k.confrelid::regclass::text AS parent,
            pg_get_constraintdef(k.oid) AS definition
        FROM pg_constraint k
        WHERE NOT is_emptied AND k.contype = 'f' AND k.conparentid = 0
            AND k.conrelid = ANY (oids) AND k.confrelid <> ALL (oids)
        ORDER BY k.oid
    LOOP
        parents := parents || link.confrelid;
        parent_names := parent_names || link.parent;
        links := links || format('ALTER TABLE %s ADD CONSTRAINT %I %s', link.child, link.conname, link.definition);
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', link.child, link.conname);
    END LOOP;
    INSERT INTO interlock_quarantine.kept
        SELECT at_place, with_mark, is_emptied, s.nspname, oids, said, rows,
            now() + make_interval(secs => greatest(seconds, 3600)), interlock_quarantine.whole(oids), parents,
            parent_names, links
        FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace WHERE c.oid = oids[1];
    FOR i IN 1 .. cardinality(oids) LOOP
        IF is_emptied THEN
            EXECUTE format('CREATE TABLE %I.%I AS SELECT * FROM ONLY %s', at_place,
                (SELECT c.relname FROM pg_class c WHERE c.oid = oids[i]), oids[i]::regclass);
        ELSE
            EXECUTE format('ALTER TABLE %s SET SCHEMA %I', oids[i]::regclass, at_place);
        END IF;
    END LOOP;
    IF is_emptied THEN EXECUTE 'TRUNCATE ' || named; END IF;
END $$;

-- Brings back what was taken to a place, all or nothing.
CREATE FUNCTION interlock_quarantine.restore(from_place text, with_mark text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off SET quote_all_identifiers = off AS $$
DECLARE
    k interlock_quarantine.kept;
    n bigint;
BEGIN
    DELETE FROM interlock_quarantine.kept WHERE place = from_place AND mark = with_mark RETURNING * INTO k;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nothing is in quarantine there: its transaction was rolled back, it has expired, or it is back';
    END IF;
    FOR i IN 1 .. cardinality(k.parents) LOOP
        IF k.parents[i]::regclass::text <> k.parent_names[i] THEN
            RAISE EXCEPTION '%, to which it refers, is no longer there', k.parent_names[i];
        END IF;
    END LOOP;
    IF k.is_copy THEN
        FOR i IN 1 .. cardinality(k.tables) LOOP
            IF to_regclass(k.names[i])::oid IS DISTINCT FROM k.tables[i] THEN
                RAISE EXCEPTION '% is another table by now', k.names[i];
            END IF;
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', k.tables[i]::regclass);
            EXECUTE format('SELECT count(*) FROM ONLY %s', k.tables[i]::regclass) INTO n;
            IF n > 0 THEN RAISE EXCEPTION '% has rows again', k.names[i]; END IF;
        END LOOP;
        IF NOT interlock_quarantine.is_plain(k.tables) OR interlock_quarantine.whole(k.tables) <> k.parts THEN
            RAISE EXCEPTION '% is no longer made as it was', array_to_string(k.names, ', ');
        END IF;
        EXECUTE (
            SELECT 'WITH ' || string_agg(format('c%s AS (INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %3$s FROM %I.%I)',
                c.oid, c.oid::regclass, (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
                    FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
                k.place, c.relname), ', ') || ' SELECT 1'
            FROM pg_class c WHERE c.oid = ANY (k.tables));
        FOR i IN 1 .. cardinality(k.tables) LOOP
            EXECUTE format('SELECT count(*) FROM ONLY %s', k.tables[i]::regclass) INTO n;
            IF n <> k.counts[i] THEN RAISE EXCEPTION 'not all rows of % come back', k.names[i]; END IF;
        END LOOP;
    ELSE
        IF interlock_quarantine.whole(k.tables) <> k.parts THEN
            RAISE EXCEPTION 'it is no longer whole: something that it uses was dropped with CASCADE';
        END IF;
        FOR i IN 1 .. cardinality(k.tables) LOOP
            EXECUTE format('ALTER TABLE %s SET SCHEMA %I', k.tables[i]::regclass, k.origin);
        END LOOP;
        FOR i IN 1 .. cardinality(k.links) LOOP EXECUTE k.links[i]; END LOOP;
    END IF;
    PERFORM interlock_quarantine.clear(k.place);
END $$;

-- Drops what is left in a place, unless something else has come to depend on it.
CREATE FUNCTION interlock_quarantine.clear(old_place text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE coalesce((SELECT 'DROP TABLE ' || string_agg(c.oid::regclass::text, ', ') FROM pg_class c
        WHERE c.relnamespace = old_place::regnamespace AND c.relkind = 'r'), 'SELECT 1');
    EXECUTE format('DROP SCHEMA %I', old_place);
END $$;

-- Drops it for good; nothing else.
CREATE FUNCTION interlock_quarantine.expire(old_place text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM interlock_quarantine.kept WHERE place = old_place AND until < now();
    IF NOT FOUND THEN RAISE EXCEPTION 'nothing has expired there'; END IF;
    PERFORM interlock_quarantine.clear(old_place);
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA interlock_quarantine FROM PUBLIC;
GRANT USAGE ON SCHEMA interlock_quarantine TO AGENT_ROLE, LOOK_ROLE;
GRANT EXECUTE ON FUNCTION interlock_quarantine.place, interlock_quarantine.take, interlock_quarantine.restore TO AGENT_ROLE;
GRANT EXECUTE ON FUNCTION interlock_quarantine.held, interlock_quarantine.expire TO LOOK_ROLE;
RESET ROLE;
REVOKE interlock_quarantine FROM CURRENT_USER;
GRANT OWNER_ROLE TO interlock_quarantine;
COMMIT;
