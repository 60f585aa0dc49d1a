"""Long word lists: which icon everyday words mean, and which words are no things at all."""

from __future__ import annotations

ALIAS_LINES = """
ball: ball, beach ball, bouncy ball
soccer-ball: football, soccer
american-football: touchdown, rugby
woman-standing: woman, lady, mother, mom, wife, girlfriend, queenly woman, grandmother figure, female
man-standing: man, guy, father, dad, gentleman, husband, boyfriend, male
person-standing: person, human, someone, figure, adult, model, tourist, traveler, traveller, hiker
girl: girl, daughter, schoolgirl
boy: boy, son, kid, child, toddler, schoolboy
old-man: grandfather, grandpa, old man, elderly man
old-woman: grandmother, grandma, old woman, elderly woman
people-hugging: couple, lovers
woman-standing: family, friends, crowd, team
man-singer: musician, singer, rockstar, rock star
man-cook: chef, cook, baker
woman-dancing: dancer, ballerina
man-running: runner, athlete, jogger
man-surfing: surfer
man-biking: cyclist, biker
ninja: ninja, samurai, warrior
man-mage: wizard, sorcerer, magician, merlin
woman-mage: witch, sorceress
man-detective: detective, spy, sherlock
man-technologist: programmer, developer, hacker
man-superhero: superhero, hero
person-fencing: knight, fencer
crown: crown, tiara, king, queen
automobile: car, sedan, automobile, coupe, hatchback, vehicle, tesla, convertible, limousine
racing-car: sports car, race car, racecar, racing car, ferrari, lamborghini, formula one, supercar
sport-utility-vehicle: suv, jeep, van
pickup-truck: pickup, pickup truck, pick-up
articulated-lorry: truck, lorry, semi
bus: bus, coach
minibus: camper van, campervan, minivan
locomotive: train, steam train, locomotive, steam engine
high-speed-train: bullet train, high speed train
airplane: plane, airplane, aeroplane, jet, aircraft, airliner
small-airplane: biplane, propeller plane
rocket: rocket, spaceship, space ship, spacecraft, starship, rocket ship, space shuttle
flying-saucer: ufo, flying saucer
sailboat: boat, sailboat, sailing boat, sailing ship, yacht, pirate ship, sail boat
ship: ship, cruise ship, ocean liner
speedboat: speedboat, motorboat
canoe: canoe, kayak, rowing boat, rowboat
bicycle: bike, bicycle, mountain bike
motorcycle: motorbike, motorcycle
motor-scooter: scooter, vespa, moped
balloon: balloon
hot-air-balloon: hot air balloon, hot-air balloon, air balloon
parachute: parachute, paraglider
sofa: sofa, couch, armchair, settee
chair: chair, throne, stool
bed: bed
door: door
table-lamp: lamp, table lamp, desk lamp
light-bulb: lightbulb, light bulb, lantern light
red-paper-lantern: lantern, paper lantern
handbag: bag, handbag, purse, duffel bag, duffle bag, tote
musical-keyboard: piano, grand piano, keyboard instrument
guitar: guitar, electric guitar, acoustic guitar
open-book: open book
closed-book: book, novel
books: books, stack of books
laptop: laptop, computer, notebook computer, macbook, software
desktop-computer: desktop computer, monitor, pc
mobile-phone: phone, smartphone, cell phone, iphone, mobile phone, cellphone
camera: camera
television: tv, television
watch: watch, wristwatch, smartwatch
alarm-clock: clock, alarm clock
hourglass-not-done: hourglass
key: key
old-key: old key, antique key
candle: candle
crystal-ball: crystal ball
game-die: dice, die
umbrella: umbrella
umbrella-on-ground: beach umbrella, parasol
beach-with-umbrella: deck chair
teddy-bear: teddy bear, teddy, plush toy, stuffed animal
wrapped-gift: gift, present, gift box
package: box, cardboard box, parcel
hot-beverage: coffee, cup of coffee, coffee cup, mug, coffee mug, cappuccino, latte, espresso
coffee-beans: coffee bean, roasted bean
hot-beverage: hot chocolate, cup, hot drink
teacup-without-handle: tea, cup of tea, green tea, teacup, matcha
teapot: teapot, kettle
wine-glass: wine, glass of wine, red wine
beer-mug: beer, mug of beer, pint
cocktail-glass: martini, cocktail
tropical-drink: tropical drink, smoothie
cup-with-straw: soda, soft drink, iced coffee, milkshake, lemonade
bottle-with-popping-cork: champagne, bottle
tumbler-glass: whisky, whiskey
glass-of-milk: milk
spaghetti: pasta, spaghetti, noodles
steaming-bowl: ramen, soup, noodle soup, bowl of noodles, bowl of soup, pho
cooked-rice: rice, bowl of rice
curry-rice: curry
hamburger: burger, hamburger, cheeseburger
french-fries: fries, french fries
hot-dog: hot dog, hotdog
pizza: pizza, pizza slice, slice of pizza
sandwich: sandwich, blt
cut-of-meat: steak, meat
poultry-leg: chicken leg, drumstick, fried chicken
cooking: fried egg, omelette
egg: egg
bread: bread, loaf, toast, loaf of bread
baguette-bread: baguette
green-salad: salad
birthday-cake: birthday, cake, birthday cake, wedding cake
shortcake: slice of cake, cheesecake, strawberry cake
cupcake: cupcake, muffin
pancakes: pancake
doughnut: donut, doughnut
soft-ice-cream: ice cream, icecream, ice-cream, gelato, ice cream cone
chocolate-bar: chocolate
candy: candy, sweets
tangerine: orange fruit, tangerine, mandarin, oranges
red-apple: apple
green-apple: green apple
lemon: lemon, citrus
lime: lime fruit
grapes: grape
strawberry: strawberry
blueberries: blueberry, berries
ear-of-corn: corn, maize
hot-pepper: chili, chilli, pepper
brown-mushroom: mushroom
mushroom: toadstool, red mushroom, fairy mushroom
jack-o-lantern: pumpkin, jack-o-lantern
leafy-green: lettuce, cabbage
sheaf-of-rice: wheat
rose: rose
tulip: tulip
sunflower: sunflower
hibiscus: hibiscus
cherry-blossom: sakura flower
white-flower: daisy, lily
lotus: lotus, water lily
bouquet: bouquet, flowers, bunch of flowers
blossom: flower
potted-plant: plant, houseplant, house plant, potted plant, bonsai
cactus: cactus, cacti, succulent
palm-tree: palm, palm tree, coconut tree
deciduous-tree: tree, oak, oak tree, maple tree
evergreen-tree: pine tree, fir, pine, spruce
christmas-tree: christmas tree, xmas tree
maple-leaf: maple leaf
fallen-leaf: autumn leaf
leaf-fluttering-in-wind: leaf
herb: herb, basil
seedling: seedling, sprout
dog: dog, puppy, hound, labrador, retriever, golden retriever, german shepherd, corgi, husky
poodle: poodle
cat: cat, kitten, kitty
black-cat: black cat
tiger: tiger
tiger-face: tiger face
lion: lion
horse: horse, pony, stallion, foal
unicorn: unicorn
cow: cow, cattle
ox: bull, ox
pig: pig, piglet
ewe: sheep, lamb
goat: goat
llama: llama, alpaca
two-hump-camel: camel
deer: deer, stag, doe, fawn, reindeer, antelope
moose: moose, elk
bison: bison, buffalo
elephant: elephant
rhinoceros: rhino, rhinoceros
hippopotamus: hippo
giraffe: giraffe
zebra: zebra
monkey: monkey, ape, chimpanzee
fox: fox, red fox, arctic fox
wolf: wolf
bear: bear, grizzly, brown bear
polar-bear: polar bear
panda: panda, panda bear
koala: koala
rabbit: rabbit, bunny, hare
mouse: mouse
hamster: hamster, guinea pig
chipmunk: squirrel, chipmunk
hedgehog: hedgehog
raccoon: raccoon
otter: otter
penguin: penguin
owl: owl
eagle: eagle, bald eagle, hawk, falcon
bird: bird, sparrow, bluebird, hummingbird, robin
parrot: parrot, macaw
duck: duck
chicken: chicken, hen
baby-chick: chick
rooster: rooster
turkey: turkey
flamingo: flamingo
peacock: peacock
swan: swan
dove: dove, pigeon, seagull
blackbird: crow, raven
bat: bat
butterfly: butterfly, moth
honeybee: bee, honeybee
lady-beetle: ladybug, ladybird
snail: snail
spider: spider
snake: snake
turtle: turtle, tortoise
crocodile: crocodile, alligator
frog: frog, toad
lizard: lizard, gecko, chameleon
dragon: dragon
t-rex: t-rex, tyrannosaurus, trex
sauropod: dinosaur
fish: fish, salmon, trout
tropical-fish: tropical fish, clownfish, goldfish
shark: shark
whale: whale
spouting-whale: blue whale
dolphin: dolphin
octopus: octopus
jellyfish: jellyfish
crab: crab
lobster: lobster
squid: squid
seal: seal, sea lion
spiral-shell: shell, seashell
house: house, cottage, home, cabin, hut
house-with-garden: house with garden
derelict-house: haunted house, old house
castle: castle, palace, fortress
japanese-castle: pagoda, japanese castle
shinto-shrine: torii, torii gate, shrine
church: church, chapel
classical-building: temple, parthenon
tent: tent
hot-springs: hot spring
statue-of-liberty: statue of liberty
tokyo-tower: eiffel tower, tokyo tower
ferris-wheel: ferris wheel
carousel-horse: carousel
circus-tent: circus
fountain: fountain
volcano: volcano
mount-fuji: mount fuji, mt fuji
snowman: snowman
ghost: ghost
skull: skull
robot: robot, android, cyborg
alien: alien, martian
astronaut: astronaut, cosmonaut, spaceman
woman-merpeople: mermaid
woman-fairy: fairy
person-zombie: zombie
man-vampire: vampire, dracula
troll: troll
santa-claus: santa, santa claus
princess: princess
prince: prince
clown-face: clown
baby: baby, infant
baby-angel: angel, cupid
skateboard: skateboard
skis: skis
kick-scooter: kick scooter
roller-skate: roller skates
basketball: basketball
tennis: tennis ball, tennis racket
baseball: baseball
bowling: bowling ball
kite: kite
trophy: trophy
drum: drum
trumpet: trumpet
saxophone: saxophone, sax
microphone: microphone
headphone: headphone, headset
sunglasses: sunglasses, shades
glasses: glasses, spectacles, eyeglasses
goggles: goggles
top-hat: top hat, hat, tophat
womans-hat: straw hat, sun hat
billed-cap: cap, baseball cap
cowboy-hat-face: cowboy
graduation-cap: graduation cap, mortarboard
rescue-workers-helmet: helmet, hard hat
scarf: scarf
necktie: tie, necktie
ribbon: bow, bowtie, bow tie
dress: dress, gown
t-shirt: shirt, t-shirt, tshirt, tee
coat: coat, jacket
jeans: jeans, trousers, pants
running-shoe: shoe, sneaker, trainers
high-heeled-shoe: high heel, heels
hiking-boot: boot, hiking boot
socks: socks
gloves: gloves
backpack: backpack, rucksack
briefcase: briefcase
ring: ring, diamond ring
gem-stone: diamond, gem, jewel, crystal
crossed-swords: swords
dagger: sword, dagger, knife
bow-and-arrow: bow and arrow
shield: shield
magic-wand: wand, magic wand
broom: broom
hammer: hammer
wrench: wrench
gear: gear, cog
magnet: magnet
telescope: telescope
microscope: microscope
globe-showing-europe-africa: globe, earth, planet earth, world
ringed-planet: planet, saturn
shooting-star: shooting star, comet
star: star
red-heart: heart
fire: fire, flame, bonfire
water-wave: wave
wing: wing
feather: feather
amphora: vase, urn
basket: basket
jar: jar
mirror: mirror
framed-picture: picture frame
shopping-cart: shopping cart
money-bag: money
coin: coin, coins
chess-pawn: chess, chess piece
puzzle-piece: puzzle
artist-palette: palette
paintbrush: paintbrush, brush
scroll: scroll, parchment
envelope: letter, envelope
world-map: map
compass: compass
anchor: anchor
wheel: wheel
fuel-pump: gas station
stop-sign: stop sign
lotion-bottle: lotion, shampoo, skincare, cosmetics
lipstick: lipstick, makeup
soap: soap
toothbrush: toothbrush
snowflake: snowflake
cloud: cloud
bathtub: bathtub, bath
shower: shower
honey-pot: honey
nest-with-eggs: nest
school: school
factory: factory
hospital: hospital
tractor: tractor
fire-engine: fire truck, fire engine
police-car: police car
ambulance: ambulance
taxi: taxi, cab
helicopter: helicopter
satellite: satellite
tram: tram
"""

CHINESE_LINES = """
cat: 猫 貓
dog: 狗
horse: 马 馬
dragon: 龙 龍
fish: 鱼 魚
bird: 鸟 鳥
panda: 熊猫
tiger: 老虎 虎
rabbit: 兔
cow: 牛
pig: 猪
chicken: 鸡
fox: 狐狸
lion: 狮子
elephant: 大象
monkey: 猴
butterfly: 蝴蝶
automobile: 汽车 轿车
bicycle: 自行车
airplane: 飞机
rocket: 火箭
sailboat: 船
robot: 机器人
rose: 玫瑰
lotus: 荷花 莲花
cherry-blossom: 樱花
bouquet: 鲜花
red-apple: 苹果
hot-beverage: 咖啡
teacup-without-handle: 茶
red-paper-lantern: 灯笼
moon-cake: 月饼
castle: 城堡
house: 房子
girl: 女孩
boy: 男孩
woman-standing: 女人
man-standing: 男人
watermelon: 西瓜
birthday-cake: 蛋糕
"""

SCENERY_TEXT = """
sun sky skies sunlight sunshine sunbeam water lake park spring summer autumn winter field city skyline
skyscraper building mountain forest garden street night day morning evening light hour background
foreground photo photograph picture image painting drawing illustration artwork poster logo sketch art
style film portrait studio kitchen table counter surface restaurant room scene view landscape scenery
horizon shore distance wildflower flowers greenery valley range river beach space trees cloud clouds
grass greens leaves sand snow ice wind rain fog mist storm smoke steam sea ocean wave waves hill hills
path road rock rocks stone stones ground floor wall ceiling roof town village area place spot shadow
shadows reflection reflections stars planets moon galaxy dusk dawn sunset sunrise twilight window windows
"""

NOT_THINGS_TEXT = """
a about above across add added adding advertisement after again against ago all almost along already also
although always am amazing ambient among an and angle angles angular another any anything apart appear are
area around as asian aside ask asleep at atmosphere atmospheric attractive author average award away
awesome back backdrop backlit balanced bare base based basic be beautiful beautifully because become been
before began behind being below beneath best better between big bit blank blazing blend blended blue
blurred blurry body bold both bottom bouncing breathtaking bright brightly brilliant bring broken built
bunch bustling busy but by called calm can candid canvas captured care career carefully carrying casual
catching celebrating center centered central century certain change charming chasing chilly chinese choose
cinematic circular classic classical clean clear clearly clever climbing close clothes clothing cold
collection color colored colorful colors colour coloured colours come comes coming common company complete
completely complex composition concept contemporary contrast cool corner corporate could country covered
covering cozy crazy create created creates creating creation creative creature creepy crisp crowded
current curved cute cutting daily dance dancing dappled dark deep delicate delicious delightful depict
depicting depicts depth design designed detail detailed details did different digital dim dimensional
direction dirty display distant do does doing done down dramatic drawn dream dressed drinking driving dry
due during dust dynamic each early easy eating edge edges edit editorial effect effects eight electric
elegant element elements eleven empty end endless english enjoying enormous entire entirely epic essence
ethereal etc even ever every everyday everything evoke evoking exciting exact exactly example excellent
exotic expansive expensive expression expressive exterior extra extreme extremely eye-catching face faces
facing fair fall falling famous fancy fantastic far fast faint feel feeling feels felt feminine few fifty
filled filling final find fine finish finished first fit five fixed flat floating flow flowing fluffy fly
flying focus focused font fonts food for forever form format formed forward found four frame framed free
fresh friend friendly from front frozen full fully fun funny furry futuristic general generate generated
generous gentle gently german get getting giant gigantic give given gives giving glamorous gleaming
glimpse glorious glossy glow glowing go goes going gone good gorgeous got gradient graceful grand graphic
graphics great green greatly gritty group grow growing had half hand-drawn hand-painted hand hands
handsome hanging happening happily happy hard has have having hazy hd he head health healthcare healthy
hear heavenly heavy height held hello her here hers hey hi hidden high higher highest highly him himself
his hold holding holds holiday hope hopeful hot hour how however hq huge human-like hundred hyper
hyperrealistic i iconic idea if imagine imaginary impressive in include included includes including
incredible indian indoor infinite inner inside inspired inspiring instagram instead intense interesting
interior intimate intricate into invisible is it italian its itself japanese jump jumping just keep kind
know landing large last late laughing lay layered laying layout leading leaf-like lean leaning least leave
left length lens less let letters lettering level life lifestyle light-colored lighting like likes line
lines linear lit little live lively living local located lone lonely long look looking looks loose lot
lots loud love lovely low lower lucky luminous lush luxurious luxury lying made magazine magic magical
magnificent main majestic make makes making many marketing masculine massive master masterpiece material
matte may maybe me mean medieval medium memorable metallic mid middle might mighty million mini miniature
minimal minimalism minimalist minimalistic minute mirrored misc missing mixed modern moment mood moody
more most mostly motion move movement moving much multicolored multiple muscular must muted my mysterious
mystic mystical name named narrow native natural nature near nearby neat need needs neutral never new next
nice nine no noble nobody none noon normal nostalgic not note nothing now number object objects obvious
odd of off official often ok okay old older oily on once one ones only onto open opposite option or
organic original ornate other others otherwise our out outdoor outdoors outer outside outstanding over
overall overlooking own paint painted pair pale panoramic paper part parked partial particular parts party
passing past pattern patterned peaceful perched perfect perfectly perspective photographed photographer
photogenic photorealistic piece pieces pile placed plain play playful playing pleasant please plenty plus
point pointing points polished poor popular posed posing position possible postcard powerful precise
present-day pretty previous print printed probably produce professional professionally project proper
proud provide public pulling pure purple push put quaint quality quarter quick quickly quiet quilted
quirky quite race racing radiant ran random rare rather raw reading ready real realism realistic really
rear recent red reflect reflecting reflective regular relaxed relaxing religious remove render rendered
rendering rendition replace represent representing resolution rest resting result retro rich ride riding
right rising romantic rough round row royal run running rural rustic sad safe said same satisfying save
say saying says scary scattered scenic season seasonal seat seated see seeing seen self sensual serene
serif serious set sets setting settled seven several sexy shade shaded shades shaped shape shapes sharp
sharply she shimmering shine shining shiny short shot shots should show showing shown shows side sides
silent silhouette silhouetted silky similar simple simplistic simply since single sit sits sitting
situated six size sized skilled sleek sleeping sleepy slight slightly slogan sloping slow slowly small
smart smile smiling smooth smoothly snow-covered so soaring social soft softly solid solitary some
something sometimes somewhere soon sophisticated sort soulful source southern spacious sparkling special
spectacular speed spinning spirit splash splendid splashing sporty spread square stable stack stands stand
standing stark start state stay steep stepping sticking still stop story straight strange striking string
stripe striped strong structured stunning style styled stylish stylized subject sublime subtle such sudden
suitable sunlit sunny super sure surreal surrounded surrounding surroundings sweeping sweet swimming
symbol symmetrical symmetry tagline take taken takes taking tale talking tall tasty technical technology
template ten text textured texture texture-rich textures than thanks that the their them theme themed then
there these they thick thin thing things think third this those though thousand three through throughout
tight time timeless tiny title titled to today together tone toned tones tonight too took top topped total
touch touching toward towards traditional trailing tranquil translucent transparent travel trending true
try turn turned twelve twenty twisting two type typical typography ultra ultra-detailed unbelievable
uncanny under underneath unique universe unknown unreal until unusual up upon upper upside upward us use
used using usual vacation various vast version vertical very via vibe vibes vibrant victorian view viewed
viewer viewpoint views visible vision visit visual vivid volumetric voluminous waiting wake walk walking
wallpaper want wants warm warmth was washed watching wavy way we weak wear wearing wears weathered weather
week weird welcoming well were western wet what when where whether which while whimsical white who whole
whose why wide wild will winding winged wise wish with within without wonder wonderful wondrous wooden
word words work working would woven wow write writing written wrong year years yellow yes yet you young
your yourself zoom zoomed 4k 8k coating covers dripping drizzled earthy glistening hang illuminated
illuminating lush-green overhead pouring rolling sharp-focus shallow sunlight-filled topping trendy
"""

BUSINESS_LINES = """
red-heart: health, healthcare, wellness, charity, love
stethoscope: medical, doctor, clinic
croissant: bakery, baking, pastry
laptop: software, saas, digital
gear: technology, tech, engineering, machine
airplane: travel, tourism, airline, journey
classical-building: bank, finance, financial, museum
balance-scale: law, legal, lawyer, attorney
flexed-biceps: fitness, gym, sports
musical-note: music, band, audio
graduation-cap: school, university, education, academy
seedling: eco, organic, nature, sustainability, farm, agriculture, green
high-voltage: energy, power, electric, electricity
sun: solar, summer
paw-prints: pet, pets, veterinary, vet
blossom: flower, florist, flowers
fork-and-knife: restaurant, food, diner
lotus: beauty, spa, yoga, cosmetics
hammer-and-wrench: construction, repair, plumbing
house: realty, estate, housing
camera: photography, photographer
video-game: gaming, game, games
shield: security, insurance, safety
hot-beverage: coffee, cafe, coffeehouse
open-book: bookstore, publisher, library
mountain: mountain, outdoor, outdoors, adventure, hiking
water-wave: ocean, surf, sea, water
crown: luxury, royal, premium
shopping-bags: shop, shopping, store, retail
scissors: barber, salon, hairdresser
"""
