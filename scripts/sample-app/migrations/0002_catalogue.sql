INSERT INTO plants (id, name, latin, cents, light, water, story) VALUES
  (1, 'Boston fern',       'Nephrolepis exaltata',      1850, 'Half shade', 'Twice a week',       'Loves bathrooms, sulks beside radiators. Mist it and it will forgive you.'),
  (2, 'Cushion moss',      'Leucobryum glaucum',         950, 'Shade',      'A mist every day',   'A small green hill for a desk. Press it gently; it springs back.'),
  (3, 'Maidenhair fern',   'Adiantum raddianum',        2200, 'Half shade', 'Every other day',    'Black stems, leaves like lace. For people who never forget the watering can.'),
  (4, 'Bird''s nest fern', 'Asplenium nidus',           2600, 'Half shade', 'Once a week',        'One broad green rosette. The easiest fern there is.'),
  (5, 'Staghorn fern',     'Platycerium bifurcatum',    3400, 'Bright',     'Soak every ten days','Grows on a board on the wall, like a trophy nobody had to hunt.'),
  (6, 'Java moss',         'Taxiphyllum barbieri',       700, 'Any',        'Lives in water',     'For aquariums and jam jars. Cannot be watered too much.');
