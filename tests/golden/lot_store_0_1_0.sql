BEGIN TRANSACTION;
CREATE TABLE alert (
        alert_id TEXT NOT NULL PRIMARY KEY,
        code TEXT NOT NULL,
        lane_id TEXT,
        stay_id TEXT,
        passage_id TEXT,
        text TEXT NOT NULL,
        raised_at TEXT NOT NULL,
        resolved_at TEXT,
        operator TEXT,
        reason TEXT
    );
CREATE TABLE ledger (
        lot_id TEXT NOT NULL PRIMARY KEY,
        acked_seq INTEGER NOT NULL
    );
INSERT INTO "ledger" VALUES('lot-1',3);
CREATE TABLE lot (
        lot_id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        latitude_e6 INTEGER NOT NULL,
        longitude_e6 INTEGER NOT NULL,
        spaces INTEGER NOT NULL,
        time_zone TEXT NOT NULL,
        currency TEXT NOT NULL
    );
INSERT INTO "lot" VALUES('lot-1','Test lot','1 Road',52000000,4000000,10,'Europe/Amsterdam','EUR');
CREATE TABLE outbox (
        seq INTEGER NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        occurred_at TEXT NOT NULL,
        body TEXT NOT NULL,
        previous TEXT NOT NULL,
        hash TEXT NOT NULL
    );
INSERT INTO "outbox" VALUES(1,'lot_described','2026-11-22T08:00:00.000000Z','{"address":"1 Road","currency":"EUR","free_spaces":10,"latitude_e6":52000000,"longitude_e6":4000000,"name":"Test lot","spaces":10,"time_zone":"Europe/Amsterdam"}','0000000000000000000000000000000000000000000000000000000000000000','b390485db9496ad92bac47e809bce5134f458ba7e08c75de6764076358b832c0');
INSERT INTO "outbox" VALUES(2,'tariff_published','2026-11-22T08:00:00.000000Z','{"tariff":{"currency":"EUR","daily_cap":null,"free_minutes":0,"grace_minutes":15,"lines":[{"block_minutes":60,"price":200,"start_minute":0}],"quote_minutes":10,"valid_from":"2026-01-01T00:00:00.000000Z","version":1}}','b390485db9496ad92bac47e809bce5134f458ba7e08c75de6764076358b832c0','1211bf997c88ac83b329bef12cacec3757d41f83fae457e3148e999759de409b');
INSERT INTO "outbox" VALUES(3,'pass_granted','2026-11-22T08:00:00.000000Z','{"parking_pass":{"kind":"staff","pass_id":"staff-7","plate":"XX77YY","valid_from":"2026-01-01T00:00:00.000000Z","valid_until":"2027-01-01T00:00:00.000000Z"}}','1211bf997c88ac83b329bef12cacec3757d41f83fae457e3148e999759de409b','fb2ff9c5f95830dbc7e12303d92ef6f1cb18cb7fff67667319f8ae5b0f23410e');
INSERT INTO "outbox" VALUES(4,'entry_admitted','2026-11-22T08:00:00.000000Z','{"decision":"read","evidence":null,"lane_id":"entry-1","pass_id":null,"passage_id":"passage-1","photos":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"plate":"AB12CD","printed":"AB-12-CD","read_at":"2026-11-22T08:00:00.000000Z","stay_id":"stay-1","tariff_version":1,"ticket_id":null}','fb2ff9c5f95830dbc7e12303d92ef6f1cb18cb7fff67667319f8ae5b0f23410e','05a537dd80df467e52a03a96aaeebf7b9d56e25ca3a49b2deb3d3e4a60cffff3');
INSERT INTO "outbox" VALUES(5,'entry_confirmed','2026-11-22T08:00:00.000000Z','{"entered_at":"2026-11-22T08:00:00.000000Z","free_spaces":9,"passage_id":"passage-1","stay_id":"stay-1"}','05a537dd80df467e52a03a96aaeebf7b9d56e25ca3a49b2deb3d3e4a60cffff3','0bea368716a109e214b80311414e4b3778ceaeb5e149a0afc9977cc7d81a9f1a');
INSERT INTO "outbox" VALUES(6,'entry_admitted','2026-11-22T08:00:00.000000Z','{"decision":"read","evidence":null,"lane_id":"entry-1","pass_id":null,"passage_id":"passage-2","photos":["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"],"plate":"CD34EF","printed":"CD-34-EF","read_at":"2026-11-22T08:00:00.000000Z","stay_id":"stay-2","tariff_version":1,"ticket_id":null}','0bea368716a109e214b80311414e4b3778ceaeb5e149a0afc9977cc7d81a9f1a','99b138232b28b674fe41c27d617b8e20970c1684a85a7a7bd144209d3ee04b8f');
INSERT INTO "outbox" VALUES(7,'entry_confirmed','2026-11-22T08:00:00.000000Z','{"entered_at":"2026-11-22T08:00:00.000000Z","free_spaces":8,"passage_id":"passage-2","stay_id":"stay-2"}','99b138232b28b674fe41c27d617b8e20970c1684a85a7a7bd144209d3ee04b8f','599f00e5606fd2412732026ffb53662a38c7d34f3f775a1b148cd7e4bc595789');
INSERT INTO "outbox" VALUES(8,'settlement_applied','2026-11-22T09:00:00.000000Z','{"settlement":{"amount":{"currency":"EUR","minor":400},"provider":"cash","provider_reference":"till-1","quoted_at":"2026-11-22T09:00:00.000000Z","settled_at":"2026-11-22T09:00:00.000000Z","settlement_id":"settlement-1","stay_id":"stay-1"}}','599f00e5606fd2412732026ffb53662a38c7d34f3f775a1b148cd7e4bc595789','61272ff3ccdfdc2c0d972839692a282abad0b8cfeba0571bc06c13c0b75a9ffd');
INSERT INTO "outbox" VALUES(9,'exit_admitted','2026-11-22T09:00:00.000000Z','{"decided_at":"2026-11-22T09:00:00.000000Z","decision":"paid","evidence":null,"gross":{"currency":"EUR","minor":400},"lane_id":"exit-1","operator":null,"paid":{"currency":"EUR","minor":400},"passage_id":"passage-3","photos":["cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"],"read_plate":"AB12CD","reason":null,"stay_id":"stay-1"}','61272ff3ccdfdc2c0d972839692a282abad0b8cfeba0571bc06c13c0b75a9ffd','58f5586ca5d028555cc8c1f7dce94d54bef88e5dc17bffb24f68cea01420508f');
INSERT INTO "outbox" VALUES(10,'exit_confirmed','2026-11-22T09:00:00.000000Z','{"exited_at":"2026-11-22T09:00:00.000000Z","free_spaces":9,"passage_id":"passage-3","stay_id":"stay-1"}','58f5586ca5d028555cc8c1f7dce94d54bef88e5dc17bffb24f68cea01420508f','115b8cab9ddd59d74c4ba41761287472f53d19bdb8fb803878ff8a20c6550c68');
CREATE TABLE parking_pass (
        pass_id TEXT NOT NULL PRIMARY KEY,
        plate TEXT NOT NULL,
        kind TEXT NOT NULL,
        valid_from TEXT NOT NULL,
        valid_until TEXT NOT NULL
    );
INSERT INTO "parking_pass" VALUES('staff-7','XX77YY','staff','2026-01-01T00:00:00.000000Z','2027-01-01T00:00:00.000000Z');
CREATE TABLE passage (
        passage_id TEXT NOT NULL PRIMARY KEY,
        lane_id TEXT NOT NULL,
        direction TEXT NOT NULL,
        state TEXT NOT NULL,
        stay_id TEXT,
        plate TEXT,
        decision TEXT NOT NULL,
        evidence TEXT,
        photos TEXT NOT NULL,
        gross_minor INTEGER,
        paid_minor INTEGER,
        operator TEXT,
        reason TEXT,
        decided_at TEXT NOT NULL,
        ended_at TEXT,
        CONSTRAINT passage_direction CHECK (direction IN ('entry', 'exit')),
        CONSTRAINT passage_state CHECK (state IN ('intended', 'confirmed', 'abandoned', 'refused')),
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    );
INSERT INTO "passage" VALUES('passage-1','entry-1','entry','confirmed','stay-1','AB12CD','read',NULL,'["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]',NULL,NULL,NULL,NULL,'2026-11-22T08:00:00.000000Z','2026-11-22T08:00:00.000000Z');
INSERT INTO "passage" VALUES('passage-2','entry-1','entry','confirmed','stay-2','CD34EF','read',NULL,'["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]',NULL,NULL,NULL,NULL,'2026-11-22T08:00:00.000000Z','2026-11-22T08:00:00.000000Z');
INSERT INTO "passage" VALUES('passage-3','exit-1','exit','confirmed','stay-1','AB12CD','paid',NULL,'["cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"]',400,400,NULL,NULL,'2026-11-22T09:00:00.000000Z','2026-11-22T09:00:00.000000Z');
CREATE TABLE plate_correction (
        seq INTEGER NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        before TEXT,
        after TEXT NOT NULL,
        operator TEXT NOT NULL,
        reason TEXT NOT NULL,
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    );
CREATE TABLE settlement (
        settlement_id TEXT NOT NULL PRIMARY KEY,
        stay_id TEXT NOT NULL,
        amount_minor INTEGER NOT NULL,
        currency TEXT NOT NULL,
        provider TEXT NOT NULL,
        provider_reference TEXT NOT NULL,
        quoted_at TEXT NOT NULL,
        settled_at TEXT NOT NULL,
        CONSTRAINT settlement_once UNIQUE (provider, provider_reference),
        FOREIGN KEY (stay_id) REFERENCES stay (stay_id)
    );
INSERT INTO "settlement" VALUES('settlement-1','stay-1',400,'EUR','cash','till-1','2026-11-22T09:00:00.000000Z','2026-11-22T09:00:00.000000Z');
CREATE TABLE stay (
        stay_id TEXT NOT NULL PRIMARY KEY,
        state TEXT NOT NULL,
        plate TEXT,
        printed TEXT,
        ticket_id TEXT,
        entry_lane_id TEXT NOT NULL,
        read_at TEXT NOT NULL,
        entered_at TEXT,
        exited_at TEXT,
        evidence TEXT,
        photos TEXT NOT NULL,
        pass_id TEXT,
        tariff_version INTEGER NOT NULL,
        CONSTRAINT stay_state CHECK (state IN ('intended', 'open', 'closed', 'abandoned')),
        FOREIGN KEY (tariff_version) REFERENCES tariff (version)
    );
INSERT INTO "stay" VALUES('stay-1','closed','AB12CD','AB-12-CD',NULL,'entry-1','2026-11-22T08:00:00.000000Z','2026-11-22T08:00:00.000000Z','2026-11-22T09:00:00.000000Z',NULL,'["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]',NULL,1);
INSERT INTO "stay" VALUES('stay-2','open','CD34EF','CD-34-EF',NULL,'entry-1','2026-11-22T08:00:00.000000Z','2026-11-22T08:00:00.000000Z',NULL,NULL,'["bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"]',NULL,1);
CREATE TABLE tariff (
        version INTEGER NOT NULL PRIMARY KEY,
        valid_from TEXT NOT NULL,
        body TEXT NOT NULL
    );
INSERT INTO "tariff" VALUES(1,'2026-01-01T00:00:00.000000Z','{"currency":"EUR","daily_cap":null,"free_minutes":0,"grace_minutes":15,"lines":[{"block_minutes":60,"price":200,"start_minute":0}],"quote_minutes":10,"valid_from":"2026-01-01T00:00:00.000000Z","version":1}');
CREATE INDEX parking_pass_by_plate ON parking_pass (plate);
CREATE INDEX stay_by_state ON stay (state);
CREATE INDEX passage_by_state ON passage (state);
CREATE INDEX passage_by_stay ON passage (stay_id);
CREATE INDEX settlement_by_stay ON settlement (stay_id);
CREATE INDEX alert_by_resolved_at ON alert (resolved_at);
COMMIT;
PRAGMA user_version = 1;
